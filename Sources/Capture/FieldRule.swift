/// What the name of a field says about its value, whoever's field it is: the words of `CallSid`, `call_control_id`, `X-Auth-Token`.
enum FieldRule: Equatable {
    /// A key, token or password: the fixed mask.
    case secret
    /// About a person or an account: the fixed mask.
    case personal
    /// Names a call, a stream, an account, a person: a keyed hash.
    case id
    /// A telephone number or what stands for one: a keyed fake.
    case phone
    /// Pressed keys.
    case keys
    /// The value has to speak for itself.
    case open

    init(_ name: String) {
        let words = Self.words(name)
        let joined = words.joined()
        let last = words.last ?? ""
        if Self.idEnds.contains(last) || Self.idNames.contains(joined) {
            self = words.count > 1 && Self.optionWords.contains(words[words.count - 2]) ? .open : .id
        } else if joined == "keys" {
            // On the telephone they are pressed; `api_keys` are others.
            self = .keys
        } else if Self.secretParts.contains(where: { joined.contains($0) }) || words.contains(where: Self.secretWords.contains)
            || last == "code" && (words.count < 2 || !Self.codeWords.contains(words[words.count - 2]))
        {
            self = .secret
        } else if Self.keyEnds.contains(last) {
            self = .keys
        } else if Self.isPhone(words, joined) {
            self = .phone
        } else if Self.isPersonal(words, joined) {
            self = .personal
        } else {
            self = .open
        }
    }

    private static let idEnds: Set = ["id", "ids", "sid", "sids", "uuid", "uuids", "guid"]
    private static let idNames: Set = [
        "callsid", "streamsid", "accountsid", "callid", "streamid", "accountid", "userid", "sessionid", "calluuid", "streamuuid",
        "conversationid", "conversationuuid", "callcontrolid", "callsessionid", "calllegid", "connectionid", "requestuuid",
        "authid",
        "parentauthid", "customerid", "contactid", "leadid", "orderid", "ticketid", "client", "identity",
    ]
    /// What a bot is told to be by an id: no person, no call.
    private static let optionWords: Set = ["voice", "model", "agent", "bot", "menu", "flow", "language", "locale"]
    private static let secretParts = [
        "token", "secret", "passw", "passphrase", "passcode", "apikey", "authkey", "accesskey", "privatekey", "credential",
        "signature",
        "authoriz", "authentic", "bearer", "cookie",
    ]
    private static let secretWords: Set = [
        "auth", "key", "keys", "pass", "pwd", "pw", "sig", "hmac", "jwt", "pin", "otp", "cvv", "cvc", "ssn", "nonce", "hash",
    ]
    /// A code of these is no secret.
    private static let codeWords: Set = ["language", "lang", "locale", "country", "region", "error", "status", "reason"]
    private static let keyEnds: Set = ["digit", "digits", "dtmf", "keypress", "keypad"]

    private static func isPhone(_ words: [String], _ joined: String) -> Bool {
        guard let first = words.first, let last = words.last else { return false }
        if ["from", "to"].contains(first) && words.count == 1 || ["callfrom", "callto"].contains(joined) { return true }
        let rest: Set = ["number", "uri", "sip", "user", "phone"]
        if ["from", "to"].contains(first), rest.contains(last) { return true }
        return words.contains(where: phoneWords.contains) || ["phonenumber", "callernumber", "mobilenumber"].contains(joined)
    }

    private static let phoneWords: Set = [
        "caller", "called", "callee", "phone", "phones", "mobile", "cell", "cellphone", "tel", "telephone", "msisdn", "ani", "dnis",
        "did", "number", "numbers", "forwarded", "diversion", "sip", "whatsapp", "fax",
    ]

    private static func isPersonal(_ words: [String], _ joined: String) -> Bool {
        guard let last = words.last else { return false }
        if last == "name" || last == "names" {
            return words.count == 1 || !(optionWords.contains(words[words.count - 2]) || words[words.count - 2] == "stream")
        }
        return personalEnds.contains(last) || words.contains(where: personalWords.contains) || joined.hasSuffix("name")
    }

    private static let personalEnds: Set = ["user", "customer", "contact", "person", "patient", "company"]
    private static let personalWords: Set = [
        "email", "mail", "address", "street", "city", "zip", "zipcode", "postal", "postcode", "birth", "birthday", "birthdate",
        "dob",
        "age", "gender", "surname", "firstname", "lastname", "fullname", "username", "account", "iban", "bic", "card", "creditcard",
        "passport", "license", "licence", "insurance", "latitude", "longitude", "lat", "lng", "lon", "location", "ip",
    ]

    /// `x-Auth_Token` → `x`, `auth`, `token`; `ALegUUID` → `a`, `leg`, `uuid`.
    static func words(_ name: String) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        let bytes = Array(name.utf8)
        func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
        func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
        func finish() {
            if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
            word = []
        }
        for (index, byte) in bytes.enumerated() {
            guard isUpper(byte) || isLower(byte) || byte >= 0x80 else {
                finish()
                continue
            }
            if isUpper(byte), index > 0 {
                let isAfterLower = isLower(bytes[index - 1])
                let isBeforeLower = isUpper(bytes[index - 1]) && index + 1 < bytes.count && isLower(bytes[index + 1])
                if isAfterLower || isBeforeLower { finish() }
            }
            word.append(isUpper(byte) ? byte | 0x20 : byte)
        }
        finish()
        return words
    }
}
