/// A change to the background sound, at run time. Each part that is `nil` stays as it is.
///
/// The words are those of Pipecat's `MixerUpdateSettingsFrame` and `MixerEnableFrame`.
public struct BackgroundSetting: Equatable, Sendable {
    public var isEnabled: Bool?
    /// Name of the sound.
    public var sound: String?
    /// Factor, 0 to 1.
    public var volume: Float?
    public var loops: Bool?

    public init(isEnabled: Bool? = nil, sound: String? = nil, volume: Float? = nil, loops: Bool? = nil) {
        self.isEnabled = isEnabled
        self.sound = sound
        self.volume = volume
        self.loops = loops
    }
}
