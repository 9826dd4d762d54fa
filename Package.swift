// swift-tools-version: 6.2
import PackageDescription

/// Pure rooms: no C, socket, thread, file, environment or clock; the compiler refuses unsafe code there.
let pure: [SwiftSetting] = [.swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error)]
/// Rooms that touch the outside world.
let outside: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let package = Package(
    name: "trunkline",
    products: [
        .executable(name: "trunkline", targets: ["trunkline"]),
        .library(
            name: "Trunkline",
            targets: ["Audio", "Wire", "Call", "Providers", "Pipeline", "Bots", "SpeexAudio", "Net", "Server", "CLI"]),
    ],
    targets: [
        .target(name: "Audio", swiftSettings: pure),
        .target(name: "Wire", swiftSettings: pure),
        .target(name: "Call", dependencies: ["Audio", "Wire"], swiftSettings: pure),
        .target(name: "Providers", dependencies: ["Call", "Wire", "Audio"], swiftSettings: pure),
        .target(name: "Pipeline", dependencies: ["Call", "Audio", "Wire"], swiftSettings: pure),
        .target(name: "Bots", dependencies: ["Pipeline", "Call", "Audio", "Wire"], swiftSettings: pure),
        .target(name: "Dialing", dependencies: ["Call", "Wire"], swiftSettings: pure),
        .target(name: "Recording", dependencies: ["Call", "Audio"], swiftSettings: pure),
        .target(name: "Capture", dependencies: ["Pipeline", "Call", "Audio", "Wire"], swiftSettings: pure),
        .target(name: "Simulation", dependencies: ["Call", "Audio", "Wire"], swiftSettings: pure),

        .systemLibrary(name: "CLibWebSockets", pkgConfig: "libwebsockets", providers: [.apt(["libwebsockets-dev"])]),
        .systemLibrary(name: "CSpeexDSP", pkgConfig: "speexdsp", providers: [.apt(["libspeexdsp-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libwebsockets-dev"])]),
        .target(name: "SpeexAudio", dependencies: ["Audio", "CSpeexDSP"], swiftSettings: outside),
        .target(name: "LibCrypto", dependencies: ["Call", "COpenSSL"], swiftSettings: outside),
        .target(name: "Net", dependencies: ["Call", "Wire", "CLibWebSockets", "COpenSSL"], swiftSettings: outside),
        .target(
            name: "Server",
            dependencies: [
                "Net", "SpeexAudio", "LibCrypto", "Providers", "Bots", "Dialing", "Recording", "Capture", "Pipeline", "Call",
                "Audio",
                "Wire",
            ],
            swiftSettings: outside),
        .target(
            name: "CLI",
            dependencies: [
                "Server", "Simulation", "Dialing", "Capture", "Net", "SpeexAudio", "LibCrypto", "Providers", "Bots", "Pipeline",
                "Call", "Audio", "Wire",
            ],
            // The menu that answers until another is configured: its file and its prompts.
            resources: [.copy("DemoMenu")],
            swiftSettings: outside),
        .executableTarget(name: "trunkline", dependencies: ["CLI"], swiftSettings: outside),

        .testTarget(name: "AudioTests", dependencies: ["Audio", "Call"], swiftSettings: outside),
        .testTarget(name: "SpeexAudioTests", dependencies: ["SpeexAudio", "Call", "Audio"], swiftSettings: outside),
        .testTarget(name: "LibCryptoTests", dependencies: ["LibCrypto", "Call", "COpenSSL"], swiftSettings: outside),
        .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: outside),
        .testTarget(
            name: "ProvidersTests", dependencies: ["Providers", "LibCrypto", "Call", "Wire", "Audio"], swiftSettings: outside),
        .testTarget(name: "PipelineTests", dependencies: ["Pipeline", "Bots", "Call", "Audio", "Wire"], swiftSettings: outside),
        .testTarget(name: "BotsTests", dependencies: ["Bots", "Pipeline", "Call", "Audio", "Wire"], swiftSettings: outside),
        .testTarget(name: "RecordingTests", dependencies: ["Recording", "Call", "Audio"], swiftSettings: outside),
        .testTarget(
            name: "CaptureTests",
            dependencies: ["Capture", "Providers", "Bots", "Pipeline", "LibCrypto", "SpeexAudio", "Call", "Audio", "Wire"],
            swiftSettings: outside),
        .testTarget(
            name: "DialingTests", dependencies: ["Dialing", "Providers", "Simulation", "LibCrypto", "Call", "Wire"],
            swiftSettings: outside),
        .testTarget(name: "NetTests", dependencies: ["Net", "Call", "Wire"], swiftSettings: outside),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Simulation", "Providers", "Bots", "Pipeline", "LibCrypto", "SpeexAudio", "Call", "Audio", "Wire"],
            swiftSettings: outside),
        .testTarget(
            name: "ServerTests", dependencies: ["Server", "CLI", "Net", "Simulation", "LibCrypto", "Call", "Audio", "Wire"],
            swiftSettings: outside),
    ]
)

// One executable of libFuzzer entries, for Scripts/fuzz alone: it has no main of its own and needs the fuzzer's runtime.
if Context.environment["TRUNKLINE_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Server", "Net", "Simulation", "Capture", "LibCrypto", "SpeexAudio", "Providers", "Bots", "Pipeline", "Call",
                "Audio",
                "Wire",
            ],
            path: "Tests/Fuzz", swiftSettings: outside + [.unsafeFlags(["-parse-as-library"])]))
}
