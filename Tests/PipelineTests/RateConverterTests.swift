import Audio
import Testing

@testable import Pipeline

struct RateConverterTests {
    @Test
    func `a change of the spoken rate loses nothing of what the filter holds`() {
        var rates = RateConverter(to: .hz8000, resamplers: FakeResamplers())
        var samples = rates.convert(PCM16(samples: Array(repeating: 1, count: 480), rate: .hz24000)) ?? []
        samples += rates.convert(PCM16(samples: Array(repeating: 2, count: 320), rate: .hz16000)) ?? []
        samples += rates.convert(PCM16(samples: Array(repeating: 3, count: 160), rate: .hz8000)) ?? []
        #expect(samples == [1, 2, 3].flatMap { Array(repeating: $0, count: 160) })
        #expect(rates.finish().isEmpty)
    }

    @Test
    func `what is forgotten does not come out later`() {
        var rates = RateConverter(to: .hz8000, resamplers: FakeResamplers())
        _ = rates.convert(PCM16(samples: Array(repeating: 1, count: 480), rate: .hz24000))
        #expect(rates.heldSamples >= 40)
        rates.reset()
        #expect(rates.heldSamples == 0)
        let samples = rates.convert(PCM16(samples: Array(repeating: 2, count: 480), rate: .hz24000)) ?? []
        #expect(samples == Array(repeating: 2, count: 120))
    }
}
