import Call

/// The verbs of one provider's XML, besides those that open a stream.
struct VerbList {
    /// What the caller hears or does before the stream; a simulator notes them and goes on.
    let quiet: Set<String>
    /// What ends the call.
    let ending: Set<String>
    /// What holds a `<Stream>`: the verb around it. Empty when `<Stream>` is a verb itself.
    var holders: Set<String> = ["Connect", "Start"]
}

/// Goes through the verbs of an XML answer, as Twilio, Telnyx and Plivo all do: in order, up to the one that opens a stream.
struct VerbReader {
    let verbs: VerbList
    let origin: WebAddress
    /// The provider's name for a document that it cannot use.
    let documentFault: (String) -> Complaint
    /// The provider's name for what it does not know and passes over.
    let warning: (String) -> Complaint

    /// - Parameters:
    ///   - verb: the one that holds the stream, or the stream itself.
    ///   - isLast: whether no verb follows.
    typealias StreamReader = (_ stream: XMLElement, _ verb: XMLElement, _ isLast: Bool, inout AnswerRemarks) throws(Complaint) ->
        StreamOrder

    func read(_ bytes: [UInt8], stream: StreamReader) throws(Complaint) -> ReadAnswer {
        var remarks = AnswerRemarks()
        let root: XMLElement
        do {
            root = try XMLReader.read(bytes)
        } catch {
            throw documentFault(error.description)
        }
        guard root.name == "Response" else {
            throw documentFault("line \(root.line): the root element is <\(root.name)>, not <Response>")
        }
        var forked: StreamOrder?
        for (index, verb) in root.children.enumerated() {
            let rest = root.children.dropFirst(index + 1).map(\.name)
            switch verb.name {
            case "Redirect":
                if let forked { return remarks.answer(.stream(forked)) }
                return remarks.answer(.fetch(try redirect(verb)))
            case let name where verbs.ending.contains(name):
                if let forked { return remarks.answer(.stream(forked)) }
                throw Complaint("<\(name)> ends the call before a stream is opened")
            case "Stream" where verbs.holders.isEmpty:
                var order = try stream(verb, verb, rest.isEmpty, &remarks)
                if !rest.isEmpty, verb["keepCallAlive"] == "true" {
                    order.afterwards = "the document goes on with <\(rest.joined(separator: ">, <"))>"
                }
                return remarks.answer(.stream(order))
            case let name where verbs.holders.contains(name):
                check(verb, attributes: ["action", "method"], children: nil, &remarks)
                guard let inner = verb.children.first else { throw Complaint("<\(name)> of line \(verb.line) is empty") }
                guard inner.name == "Stream" else {
                    throw Complaint("<\(name)> of line \(verb.line) holds <\(inner.name)>, which is no media stream")
                }
                if verb.children.count > 1 {
                    remarks.complain(warning("<\(name)> of line \(verb.line) holds more than one element"))
                }
                var order = try stream(inner, verb, rest.isEmpty, &remarks)
                if name == "Start" {
                    // It runs beside the verbs that follow; a <Connect> among them is the stream that can answer.
                    order.afterwards = "the stream was beside the call, which went on with the rest of the document"
                    if rest.isEmpty { remarks.note("nothing follows <Start>: the call would end at once") }
                    if forked != nil { remarks.note("a second <Start> is not played") }
                    forked = forked ?? order
                    continue
                }
                if forked != nil { remarks.note("the stream of <Start> is not played beside that of <Connect>") }
                order.action = callback(verb, "action", "method", &remarks)
                if let action = order.action {
                    order.afterwards = "the provider asks the action URL (\(action.method.rawValue)) what to do next"
                } else if !rest.isEmpty {
                    order.afterwards = "the document goes on with <\(rest.joined(separator: ">, <"))>"
                }
                return remarks.answer(.stream(order))
            case let name where verbs.quiet.contains(name):
                if forked != nil { continue }
                remarks.note(
                    "<\(name)> of line \(verb.line) comes before the stream; it is not played, and its time not waited for")
            case let name:
                remarks.complain(warning("line \(verb.line): <\(name)> is no verb"))
            }
        }
        if let forked { return remarks.answer(.stream(forked)) }
        let hint = remarks.complaints.first.map { " (\($0))" } ?? ""
        throw Complaint("the document opens no stream: the call ends with it\(hint)")
    }

    private func redirect(_ verb: XMLElement) throws(Complaint) -> StreamOrder.Callback {
        guard let address = origin.resolving(verb.trimmedText), ["http", "https"].contains(address.scheme) else {
            throw documentFault("line \(verb.line): the text of <Redirect> is no http or https URL")
        }
        return .init(url: address.text, method: verb["method"]?.uppercased() == "GET" ? .get : .post)
    }

    /// Warns of attributes and elements that are not documented.
    ///
    /// - Parameter children: `nil` when they are looked at elsewhere.
    func check(_ element: XMLElement, attributes: Set<String>, children: Set<String>?, _ remarks: inout AnswerRemarks) {
        for attribute in element.attributes where !attributes.contains(attribute.name) {
            remarks.complain(warning("line \(element.line): <\(element.name)> has no attribute \(attribute.name)"))
        }
        guard let children else { return }
        for child in element.children where !children.contains(child.name) {
            remarks.complain(warning("line \(child.line): <\(child.name)> has no place in <\(element.name)>"))
        }
    }

    /// The address of a stream; a relative one leads to the document's host, by `wss` where that came by `https`.
    func streamAddress(_ text: String) -> WebAddress? {
        guard !text.contains("://") else { return WebAddress(text) }
        var base = origin
        base.scheme = origin.scheme == "http" ? "ws" : "wss"
        base.credentials = nil
        return base.resolving(text)
    }

    /// An address that the provider calls.
    func callback(
        _ element: XMLElement, _ name: String, _ methodName: String, _ remarks: inout AnswerRemarks
    ) -> StreamOrder.Callback? {
        guard let text = element[name], !text.isEmpty else { return nil }
        guard let address = origin.resolving(text), ["http", "https"].contains(address.scheme) else {
            remarks.complain(warning("line \(element.line): \(name) is no http or https URL"))
            return nil
        }
        let method = element[methodName]?.uppercased()
        if let method, !["GET", "POST"].contains(method) {
            remarks.complain(warning("line \(element.line): \(methodName) must be GET or POST"))
        }
        return .init(url: text.contains("://") ? text : address.text, method: method == "GET" ? .get : .post)
    }

    /// `<Parameter name= value=>`.
    func parameters(of stream: XMLElement, limit: Int?, _ remarks: inout AnswerRemarks) -> [String: String] {
        var parameters: [String: String] = [:]
        for child in stream.children where child.name == "Parameter" {
            check(child, attributes: ["name", "value"], children: [], &remarks)
            guard let name = child["name"], let value = child["value"], !name.isEmpty else {
                remarks.complain(warning("line \(child.line): <Parameter> needs a name and a value"))
                continue
            }
            if let limit, name.count + value.count > limit {
                remarks.complain(
                    warning("line \(child.line): <Parameter> \(name) is longer than \(limit) characters and is left out"))
                continue
            }
            parameters[name] = value
        }
        return parameters
    }
}
