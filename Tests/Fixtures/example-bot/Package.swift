// swift-tools-version: 6.2
import PackageDescription

// A bot and a sixth provider of your own, on top of Trunkline. `swift run example-bot serve --bot louder` is a whole server.
let package = Package(
    name: "example-bot",
    dependencies: [.package(name: "trunkline", path: "../../..")],
    targets: [
        .executableTarget(
            name: "example-bot", dependencies: [.product(name: "Trunkline", package: "trunkline")],
            swiftSettings: [.swiftLanguageMode(.v6)])
    ]
)
