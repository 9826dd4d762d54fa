import Audio

/// Recognises the packets of an echo in what comes back, wherever they are cut.
///
/// What is expected next is compared first, sample by sample and then by likeness. Only what differs is looked up in the book.
struct EchoListener: Sendable {
    /// What a stretch of audio turned out to be.
    enum Finding: Equatable {
        /// A packet of this call, bit by bit.
        case exact(Int)
        /// A packet of this call, as a conversion leaves it.
        case alike(Int)
        /// Well understood, and nothing that this call said lately.
        case foreign
        /// Audio that is nobody's, in the place of a packet.
        case changed(Int)
    }

    /// The least likeness to a sound. Half a sample of delay leaves 0.9 at 8 kHz, another sound has less than 0.8.
    static let leastLikeness = 0.85
    /// How far back a packet is still known as this call's: 2 s of 20 ms packets.
    private static let memory = 100
    /// A search of a new alignment costs a thousand comparisons, so that a far end that is no echo gets one in so many packets.
    private static let packetsBetweenSearches = 25
    /// Quiet samples at the seams of sounds that are no silence. Units: samples.
    private static let seam = 8

    private let signature: CallSignature
    private var samples: [Int16] = []
    /// The packet that should come next.
    private(set) var next = 0
    private var untilSearch = 0

    init(_ signature: CallSignature) { self.signature = signature }

    /// Takes in what came back.
    ///
    /// - Parameters:
    ///   - sent: packets that were sent until now.
    ///   - found: is told each finding, in order.
    mutating func hear(_ audio: Span<Int16>, sent: Int, _ found: (Finding) -> Void) {
        for index in audio.indices { samples.append(audio[index]) }
        let unit = signature.packetSamples
        var start = 0
        while samples.count - start >= unit {
            if let finding = expected(at: start, sent: sent) {
                next += 1
                start += unit
                found(finding)
            } else if let quiet = silence(at: start) {
                start += quiet
            } else if let place = place(at: start, sent: sent) {
                let packet = place / signature.sounds
                let beyond = place % signature.sounds
                if beyond == 0, packet != next {
                    next = packet
                } else {
                    // The rest of a packet that lost its beginning.
                    start += (signature.sounds - beyond) * signature.book.size
                }
            } else if isSound(at: start) {
                start += unit
                found(.foreign)
            } else if isFaint(at: start) {
                start += unit
            } else if let shift = alignment(at: start) {
                start += shift
            } else {
                start += unit
                found(.changed(next))
                if next < sent { next += 1 }
            }
        }
        samples.removeFirst(start)
    }

    private func expected(at start: Int, sent: Int) -> Finding? {
        guard next < sent else { return nil }
        let size = signature.book.size
        var isExact = true
        for index in 0..<signature.sounds {
            let sound = signature.sound(at: next * signature.sounds + index)
            if isExact { isExact = signature.book.isExactly(sound, samples.span, from: start + index * size) }
            guard isExact || signature.book.likeness(sound, samples.span, from: start + index * size) >= Self.leastLikeness else {
                return nil
            }
        }
        return isExact ? .exact(next) : .alike(next)
    }

    /// Samples to pass over; `nil` where sound begins.
    private func silence(at start: Int) -> Int? {
        let rest = samples.span.extracting(start..<samples.count)
        let sound = Sound.first(in: rest) ?? rest.count
        let seam = Self.seam * signature.book.outbound.rate.hertz / SampleRate.hz8000.hertz
        return sound > 2 * seam ? sound - seam : nil
    }

    /// The place in the call that one packet of samples comes from.
    private func place(at start: Int, sent: Int) -> Int? {
        guard let sounds = sounds(at: start) else { return nil }
        let first = max(0, next - Self.memory) * signature.sounds
        let end = sent * signature.sounds - sounds.count
        guard first <= end else { return nil }
        let ahead = min(next * signature.sounds, end + 1)
        let isHere = { (place: Int) in sounds.indices.allSatisfy { signature.sound(at: place + $0) == sounds[$0] } }
        return (ahead..<end + 1).first(where: isHere) ?? (first..<max(first, ahead)).last(where: isHere)
    }

    /// Whether one packet of samples is what a filter leaves when the sound has ended: a tenth of a sound's level.
    private func isFaint(at start: Int) -> Bool {
        var squares = 0
        for index in start..<start + signature.packetSamples { squares &+= Int(samples[index]) &* Int(samples[index]) }
        return (Double(squares) / Double(signature.packetSamples)).squareRoot() < SignatureBook.loudness / 10
    }

    private func isSound(at start: Int) -> Bool { sounds(at: start) != nil }

    /// The sounds of one packet of samples; `nil` unless each is clearly one.
    private func sounds(at start: Int) -> [Int]? {
        var sounds: [Int] = []
        for index in 0..<signature.sounds {
            let best = signature.book.best(samples.span, from: start + index * signature.book.size)
            guard best.likeness >= Self.leastLikeness else { return nil }
            sounds.append(best.sound)
        }
        return sounds
    }

    /// How many samples further a sound begins.
    private mutating func alignment(at start: Int) -> Int? {
        untilSearch -= 1
        guard untilSearch < 0 else { return nil }
        for shift in 1..<signature.book.size
        where signature.book.best(samples.span, from: start + shift).likeness >= Self.leastLikeness {
            return shift
        }
        untilSearch = Self.packetsBetweenSearches
        return nil
    }
}
