import Providers

/// Every target there is. A new parser gets a file beside this one and a line here.
enum FuzzTargets {
    static let all: [FuzzTarget] =
        Provider.all.map { .stream($0) } + [
            .jsonScanner, .jsonValue, .base64, .form, .webhook, .requestHead, .streamToken, .wav, .capture, .masking, .call,
            .answer, .scenario,
            .simulator, .menu,
        ]
}
