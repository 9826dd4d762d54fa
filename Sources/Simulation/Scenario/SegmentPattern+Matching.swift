/// How pieces that were heard fit what was to be heard.
extension SegmentPattern {
    /// How much longer or shorter than it should be a whole segment may be: the seams are found within a few milliseconds, and the
    /// shortest piece of audio that is lost or said twice is a packet of 20 ms. Units: milliseconds.
    static let tolerance = 12.0

    /// - Parameter length: of a whole segment. Units: milliseconds.
    /// - Returns: `nil` when the pieces fit; else the number of the first one that does not (their count when some are missing).
    func mismatch(_ pieces: [HeardPiece], length: Double) -> Int? {
        var furthest = 0
        return Self.fits(pieces[...], parts[...], length, &furthest) ? nil : furthest
    }

    private static func fits(
        _ pieces: ArraySlice<HeardPiece>, _ parts: ArraySlice<Part>, _ length: Double, _ furthest: inout Int
    ) -> Bool {
        furthest = max(furthest, pieces.startIndex)
        guard let part = parts.first else { return pieces.isEmpty }
        let rest = parts.dropFirst()
        switch part {
        case .whole(let range):
            var left = pieces
            for number in range {
                furthest = max(furthest, left.startIndex)
                guard let piece = left.first, piece.isSegment(number), piece.isWhole(length) else { return false }
                left.removeFirst()
            }
            return fits(left, rest, length, &furthest)
        case .from(let first):
            var count = 0
            while count < pieces.count, pieces[pieces.startIndex + count].isSegment(first + count) {
                count += 1
                // Only the last may be cut.
                if !pieces[pieces.startIndex + count - 1].isWhole(length) { break }
            }
            if count > 0, pieces[pieces.startIndex + count - 1].length > length + tolerance { count -= 1 }
            furthest = max(furthest, pieces.startIndex + count)
            while count > 0 {
                if fits(pieces.dropFirst(count), rest, length, &furthest) { return true }
                count -= 1
            }
            return false
        }
    }
}

extension HeardPiece {
    func isSegment(_ number: Int) -> Bool { tone?.number == number % NumberedTone.count }

    /// - Parameter segment: units: milliseconds.
    func isWhole(_ segment: Double) -> Bool { abs(length - segment) <= SegmentPattern.tolerance }

    /// `5`, `5 for 120 ms` when it is not whole, `a strange sound for 300 ms`.
    func text(_ segment: Double) -> String {
        guard let tone else { return "a strange sound for \(Bound.text(length.rounded())) ms" }
        return isWhole(segment) ? "\(tone.number)" : "\(tone.number) for \(Bound.text(length.rounded())) ms"
    }
}

/// What was heard, in few words: `0-4, 5 for 120 ms, 12-15`.
enum HeardText {
    /// Entries of a list that are shown.
    private static let most = 12

    static func text(_ pieces: [HeardPiece], length: Double) -> String {
        var runs: [(first: HeardPiece, count: Int)] = []
        for piece in pieces {
            if let run = runs.last, let last = run.first.tone, let tone = piece.tone, piece.isWhole(length),
                run.first.isWhole(length),
                tone.voice == last.voice, tone.number == (last.number + run.count) % NumberedTone.count
            {
                runs[runs.count - 1].count += 1
            } else {
                runs.append((piece, 1))
            }
        }
        guard !runs.isEmpty else { return "none" }
        var words = runs.prefix(most).map { run in
            guard run.count > 1, let tone = run.first.tone else { return run.first.text(length) }
            return run.count >= NumberedTone.count
                ? "\(tone.number) and \(run.count - 1) that follow"
                : "\(tone.number)-\((tone.number + run.count - 1) % NumberedTone.count)"
        }
        if runs.count > most { words.append("and \(runs.count - most) more") }
        return words.joined(separator: ", ")
    }
}
