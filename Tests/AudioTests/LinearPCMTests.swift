import Audio
import Testing

struct LinearPCMTests {
    @Test func `little-endian bytes have the low byte first`() {
        var samples: [Int16] = [9]
        #expect(LinearPCM.decode([0x34, 0x12, 0xFF, 0xFF, 0x00, 0x80].span, .littleEndian, into: &samples))
        #expect(samples == [9, 0x1234, -1, -32_768])
        var bytes: [UInt8] = [9]
        LinearPCM.encode(samples.span, .littleEndian, into: &bytes)
        #expect(bytes == [9, 9, 0, 0x34, 0x12, 0xFF, 0xFF, 0x00, 0x80])
    }

    @Test func `big-endian bytes have the high byte first`() {
        var samples: [Int16] = [9]
        #expect(LinearPCM.decode([0x12, 0x34, 0xFF, 0xFE, 0x80, 0x00].span, .bigEndian, into: &samples))
        #expect(samples == [9, 0x1234, -2, -32_768])
        var bytes: [UInt8] = [9]
        LinearPCM.encode(samples.span, .bigEndian, into: &bytes)
        #expect(bytes == [9, 0, 9, 0x12, 0x34, 0xFF, 0xFE, 0x80, 0x00])
    }

    @Test(arguments: [LinearPCM.ByteOrder.littleEndian, .bigEndian])
    func `every sample survives the way there and back`(order: LinearPCM.ByteOrder) {
        let samples = (0...UInt16.max).map { Int16(bitPattern: $0) }
        var bytes: [UInt8] = []
        LinearPCM.encode(samples.span, order, into: &bytes)
        #expect(bytes.count == 131_072)
        var back: [Int16] = []
        #expect(LinearPCM.decode(bytes.span, order, into: &back))
        #expect(back == samples)
    }

    @Test(arguments: [1, 3, 321])
    func `an odd number of bytes is refused and nothing is appended`(count: Int) {
        var samples: [Int16] = [5]
        #expect(!LinearPCM.decode([UInt8](repeating: 1, count: count).span, .littleEndian, into: &samples))
        #expect(samples == [5])
    }

    @Test func `no bytes are no samples`() {
        var samples: [Int16] = []
        #expect(LinearPCM.decode([UInt8]().span, .bigEndian, into: &samples))
        #expect(samples.isEmpty)
    }
}
