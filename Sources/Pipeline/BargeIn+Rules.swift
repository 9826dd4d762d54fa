extension BargeIn {
    /// What interrupts the bot. With neither voice nor words the caller's turns are told as the detector finds them, and interrupt
    /// nothing.
    public struct Rules: Equatable, Sendable {
        /// The detector's `userStartedSpeaking`: a voice for the start time.
        public var voice: Bool
        /// So many words in one transcription, final or not, while the bot speaks; one is enough when it is silent. `nil`: words begin
        /// no turn. Pipecat's `MinWordsUserTurnStartStrategy`.
        public var words: Int?
        /// Any key.
        public var keys: Bool
        /// Pauses at the first sound and interrupts when it is confirmed, so that a cough costs no word.
        public var isReversible: Bool

        public init(voice: Bool = true, words: Int? = nil, keys: Bool = true, isReversible: Bool = true) {
            self.voice = voice
            self.words = words
            self.keys = keys
            self.isReversible = isReversible
        }
    }
}

extension String {
    /// Whether it has so many words, or one where fewer are asked for. Looks no further than it must.
    func hasWords(_ count: Int) -> Bool {
        var found = 0
        var isInWord = false
        for character in self {
            if character.isWhitespace {
                isInWord = false
            } else if !isInWord {
                isInWord = true
                found += 1
                if found >= count { return true }
            }
        }
        return false
    }
}
