import Audio
import Bots
import Foundation
import Providers
import Testing

@testable import CLI
@testable import Server

/// Menu files on disk, and which bot answers.
@Suite struct MenuFilesTests {
    /// A folder with a menu of one prompt; gone when the test is over.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appending(path: "menu-\(UUID().uuidString)").path
        var menu: String { path + "/menu.json" }

        init(prompt: String = "a.wav") throws {
            try FileManager.default.createDirectory(atPath: path + "/inside", withIntermediateDirectories: true)
            try write("inside/a.wav", Self.sound)
            try write("a.wav", Self.sound)
            try write("menu.json", Data(Self.text(prompt).utf8))
        }

        static let sound = Data(WAV(.silence(milliseconds: 100, rate: .hz8000)).encoded())
        static func text(_ prompt: String) -> String {
            #"{"trunkline_menu":1,"start":"m","menus":{"m":{"prompt":"\#(prompt)","keys":{"1":{"do":"hangup"}}}}}"#
        }

        func write(_ name: String, _ data: Data) throws { try data.write(to: URL(filePath: path + "/" + name)) }
        func link(_ name: String, to target: String) throws {
            try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: target)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func load(_ words: [String], _ environment: [String: String] = [:]) throws -> Configuration {
        try ConfigurationLoader.load(
            try ServeCommand.arguments(words[...]), environment: environment, bots: .builtIn, dialects: Provider.all)
    }

    private func message(_ folder: Folder) -> String? { withExtendedLifetime(folder) { message(folder.menu) } }

    private func message(_ menu: String) -> String? {
        do {
            _ = try load(["--menu", menu])
            return nil
        } catch { return (error as? UsageError)?.message }
    }

    @Test func `a menu answers when no other bot is asked for`() throws {
        let demo = try load([])
        #expect(demo.bot == "menu" && demo.warnings.isEmpty)
        #expect(demo.menu?.hasSuffix("DemoMenu/menu.json") == true)
        #expect(try load(["--bot", "echo"]).bot == "echo")
        #expect(try load([], ["TRUNKLINE_BOT": "drill"]).bot == "drill")
    }

    @Test func `the menu's file is named by flag, environment or configuration file`() throws {
        let folder = try Folder()
        for configuration in [try load(["--menu", folder.menu]), try load([], ["TRUNKLINE_MENU": folder.menu])] {
            #expect(configuration.menu == folder.menu && configuration.bot == "menu")
        }
        try folder.write("c.json", Data(#"{"menu":"\#(folder.menu)","bot":"echo"}"#.utf8))
        let configuration = try load(["--config", folder.path + "/c.json"])
        #expect(configuration.menu == folder.menu && configuration.bot == "echo" && configuration.bots["menu"] != nil)
    }

    @Test func `every mistake is told before anything is served`() throws {
        let folder = try Folder(prompt: "b.wav")
        let text = try #require(message(folder))
        #expect(text.hasPrefix("--menu \(folder.menu): 1 mistake\nmenus.m.prompt: no file \"b.wav\" in "))
        #expect(text.hasSuffix("; is \"a.wav\" meant?"))
        #expect(
            TrunklineCommand.run(["serve", "--menu", folder.menu], environment: [:], bots: .builtIn, dialects: Provider.all) == 64)
        #expect(message("/no/such/menu.json") == "--menu /no/such/menu.json: cannot be read; is the path right?")
        #expect(message(folder.path)?.contains("is no regular file") == true)
        #expect(message("/dev/zero")?.contains("is no regular file") == true)
    }

    @Test func `prompts lie inside the menu's folder, whatever way is tried`() throws {
        #expect(message(try Folder(prompt: "inside/a.wav")) == nil)
        for name in ["../a.wav", "/etc/passwd", "inside/../../a.wav", "./a.wav"] {
            #expect(message(try Folder(prompt: name))?.contains("leads out of the menu's folder") == true, "\(name)")
        }
        let other = try Folder()
        let folder = try Folder(prompt: "link.wav")
        try folder.link("link.wav", to: other.path + "/a.wav")
        #expect(message(folder)?.contains("is a link out of the menu's folder") == true)
        let deep = try Folder(prompt: "door/a.wav")
        try deep.link("door", to: other.path)
        #expect(message(deep)?.contains("is a link out of the menu's folder") == true)
        let within = try Folder(prompt: "link.wav")
        try within.link("link.wav", to: within.path + "/inside/a.wav")
        #expect(message(within) == nil)
    }

    @Test func `a prompt that is a folder or a pipe is refused and not waited for`() throws {
        #expect(message(try Folder(prompt: "inside"))?.contains("\"inside\" is no regular file") == true)
        let folder = try Folder(prompt: "pipe.wav")
        #expect(mkfifo(folder.path + "/pipe.wav", 0o600) == 0)
        #expect(message(folder)?.contains("\"pipe.wav\" is no regular file") == true)
    }

    @Test func `the demo menu has nothing odd about it and stays small`() throws {
        let demo = try #require(MenuFiles.demo)
        let plan = try MenuFiles.plan(demo, bots: .builtIn)
        #expect(plan.names == ["main", "message", "more"])
        #expect(plan.warnings.isEmpty)
        let folder = (demo as NSString).deletingLastPathComponent
        let sizes = try FileManager.default.contentsOfDirectory(atPath: folder).map {
            try FileManager.default.attributesOfItem(atPath: folder + "/" + $0)[.size] as? Int ?? 0
        }
        #expect(sizes.reduce(0, +) < 1_500_000)
    }

    @Test func `scenarios with menus of one's own are played on a virtual clock`() throws {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/menus").path
        let words = ["--virtual", "--menu", fixtures + "/tones/menu.json", "--scenario", fixtures + "/scenarios/keys-walk.json"]
        #expect(try ScenarioCommand.run(words[...], .builtIn, Provider.all) == 0)
        #expect(throws: UsageError.self) {
            try ScenarioPlan(["--menu", "x", "--url", "ws://x", "--scenario", fixtures + "/scenarios"][...], .builtIn)
        }
    }
}
