import Testing

@testable import Dialing

@Suite struct CampaignHoursTests {
    private func hours(_ json: String) throws -> CampaignHours { try settings(json).hours }

    private func check(_ hours: CampaignHours, _ zone: String, _ at: String, _ isOpen: Bool, _ until: String?) {
        let opening = hours.opening(at: unix(at), zone: zone, TableZones())
        #expect(opening == .init(isOpen: isOpen, until: until.map { unix($0) }), "\(zone) \(at)")
    }

    private let office = #"{"windows":[{"days":"mon-fri","from":"09:00","to":"18:00"}]}"#

    @Test func `days are what the calendar says`() {
        #expect(CampaignCalendar.weekday(CampaignCalendar.day("2030-03-11") ?? 0) == 0)
        #expect(CampaignCalendar.day("2030-02-29") == nil)
        #expect(CampaignCalendar.day("2032-02-29") != nil)
        #expect(CampaignCalendar.text(Double(unix("2032-02-29T23:59:58Z"))) == "2032-02-29T23:59:58Z")
        #expect(CampaignCalendar.day(ofLocal: -1) == -1)
    }

    @Test func `office hours are the callee's`() throws {
        let hours = try hours(office)
        check(hours, "Asia/Kolkata", "2030-03-11T03:29:59Z", false, "2030-03-11T03:30:00Z")
        check(hours, "Asia/Kolkata", "2030-03-11T03:30:00Z", true, "2030-03-11T12:30:00Z")
        check(hours, "Asia/Kolkata", "2030-03-15T12:30:00Z", false, "2030-03-18T03:30:00Z")
    }

    @Test func `hours move with summer time over a weekend`() throws {
        let hours = try hours(office)
        check(hours, "America/New_York", "2030-03-08T22:59:59Z", true, "2030-03-08T23:00:00Z")
        check(hours, "America/New_York", "2030-03-08T23:00:00Z", false, "2030-03-11T13:00:00Z")
        check(hours, "America/New_York", "2030-11-01T22:00:00Z", false, "2030-11-04T14:00:00Z")
        check(hours, "Europe/London", "2030-03-29T18:00:00Z", false, "2030-04-01T08:00:00Z")
    }

    @Test func `an hour that is left out opens what lies in it at once`() throws {
        // 02:00 to 03:00 is not on New York's clocks on 10 March.
        let hours = try hours(#"{"windows":[{"from":"02:30","to":"04:00"}]}"#)
        check(hours, "America/New_York", "2030-03-10T06:00:00Z", false, "2030-03-10T07:00:00Z")
        check(hours, "America/New_York", "2030-03-10T07:00:00Z", true, "2030-03-10T08:00:00Z")
        let gone = try self.hours(#"{"windows":[{"from":"02:10","to":"02:50"}]}"#)
        check(gone, "America/New_York", "2030-03-10T06:00:00Z", false, "2030-03-11T06:10:00Z")
    }

    @Test func `an hour that comes twice is open twice`() throws {
        // 01:00 to 02:00 comes twice on New York's clocks on 3 November.
        let hours = try hours(#"{"windows":[{"from":"01:15","to":"01:45"}]}"#)
        check(hours, "America/New_York", "2030-11-03T05:00:00Z", false, "2030-11-03T05:15:00Z")
        check(hours, "America/New_York", "2030-11-03T05:20:00Z", true, "2030-11-03T05:45:00Z")
        check(hours, "America/New_York", "2030-11-03T05:45:00Z", false, "2030-11-03T06:15:00Z")
        check(hours, "America/New_York", "2030-11-03T06:20:00Z", true, "2030-11-03T06:45:00Z")
        let until = try self.hours(#"{"windows":[{"from":"00:30","to":"01:30"}]}"#)
        check(until, "America/New_York", "2030-11-03T04:40:00Z", true, "2030-11-03T05:30:00Z")
        let whole = try self.hours(#"{"windows":[{"from":"00:30","to":"04:00"}]}"#)
        check(whole, "America/New_York", "2030-11-03T04:40:00Z", true, "2030-11-03T09:00:00Z")
    }

    @Test func `a window over midnight belongs to the day on which it begins`() throws {
        let hours = try hours(#"{"windows":[{"days":"fri","from":"22:00","to":"02:00"}]}"#)
        check(hours, "UTC", "2030-03-15T21:00:00Z", false, "2030-03-15T22:00:00Z")
        check(hours, "UTC", "2030-03-16T01:59:59Z", true, "2030-03-16T02:00:00Z")
        check(hours, "UTC", "2030-03-15T01:00:00Z", false, "2030-03-15T22:00:00Z")
    }

    @Test func `windows that touch are one`() throws {
        let hours = try hours(#"{"windows":[{"from":"00:00","to":"24:00"}],"end":"2030-03-20"}"#)
        check(hours, "UTC", "2030-03-15T12:00:00Z", true, "2030-03-21T00:00:00Z")
        let halves = try self.hours(#"{"windows":[{"from":"09:00","to":"12:00"},{"from":"12:00","to":"18:00"}]}"#)
        check(halves, "UTC", "2030-03-15T10:00:00Z", true, "2030-03-15T18:00:00Z")
    }

    @Test func `first and last day and holidays are the callee's`() throws {
        let hours = try hours(#"{"start":"2030-03-12","end":"2030-03-14","holidays":["2030-03-13"]}"#)
        check(hours, "Asia/Kolkata", "2029-01-01T00:00:00Z", false, "2030-03-11T18:30:00Z")
        check(hours, "Asia/Kolkata", "2030-03-11T18:30:00Z", true, "2030-03-12T18:30:00Z")
        check(hours, "Asia/Kolkata", "2030-03-13T00:00:00Z", false, "2030-03-13T18:30:00Z")
        check(hours, "Asia/Kolkata", "2030-03-14T18:30:00Z", false, nil)
        let far = try self.hours(#"{"windows":[{"from":"00:00","to":"24:00"}],"holidays":["2030-12-25"]}"#)
        check(far, "UTC", "2030-03-01T00:00:00Z", true, "2030-12-25T00:00:00Z")
    }

    @Test func `each second of two weeks is as the wall's clock says`() throws {
        let hours = try hours(
            #"{"windows":[{"days":"mon-fri","from":"09:00","to":"12:30"},{"days":"sat,sun","from":"23:00","to":"03:15"}]}"#)
        let zones = TableZones()
        for start in [unix("2030-03-03T00:00:00Z"), unix("2030-10-27T00:00:00Z")] {
            var time = start
            var opening = hours.opening(at: time, zone: "America/New_York", zones)
            while time < start + 14 * 86_400 {
                let local = time + (zones.offset(of: "America/New_York", at: time) ?? 0)
                let day = CampaignCalendar.day(ofLocal: local)
                let (weekday, second) = (CampaignCalendar.weekday(day), local - day * 86_400)
                let isOpen =
                    (weekday <= 4 && second >= 9 * 3_600 && second < 45_000) || (weekday >= 5 && second >= 23 * 3_600)
                    || ((weekday == 6 || weekday == 0) && second < 11_700)
                if let until = opening?.until, until <= time { opening = hours.opening(at: time, zone: "America/New_York", zones) }
                #expect(opening?.isOpen == isOpen, "\(CampaignCalendar.text(Double(time)))")
                time += 300
            }
        }
    }
}
