// What a provider and its caller do with what the server says, for `load --listen`. Included by load.c alone.
//
// A packet is played from the moment at which it comes, or behind what came before it: there is no jitter buffer. One that comes after
// everything before it has played is late: the caller hears a hole. Marks are returned when the audio before them has played, or at a clear.
// The caller says what `--say` holds, is quiet for a while, and begins again; the line is never digitally silent.

// Longest name of a mark that is returned.
#define MARK_CHARS 63
// Longest sound that the caller says: 60 s.
#define MAX_SAID (8000 * 60)
// From the last word to the first again.
#define QUIET_FRAMES 500
// So many frames later than the one before it each call's caller begins: they do not speak in chorus.
#define SAID_STEP 37

static struct {
    uint64_t packets, window_packets, late, window_late, marks_returned;
    int64_t longest_hole;      // nanoseconds, whole run
    int64_t least_ahead;       // of the window: how close a packet came to being late
} heard = {.least_ahead = INT64_MAX};

/// How much later packets came than the call's own earliest one, by the time at which they are played. Of the window.
static struct histogram behind;

struct mark {
    int64_t due;
    struct call *call;
    char name[MARK_CHARS + 1];
};

/// The marks of all calls that wait for their audio, the next one first: a binary heap.
static struct mark *marks;
static size_t marks_count, marks_room;

static uint8_t *said;
static uint32_t said_frames;

// ---- What the caller hears ----

static void play(struct call *call, size_t count, int64_t at) {
    bool in_window = at >= window_start && at < window_end;
    int64_t ahead = call->plays_until - at;
    heard.packets++;
    if (!call->has_heard || ahead < 0) {
        if (call->has_heard) {
            heard.late++;
            if (in_window) heard.window_late++;
            if (-ahead > heard.longest_hole) heard.longest_hole = -ahead;
        }
        call->plays_until = at;
    }
    if (call->has_heard) {
        if (ahead > call->most_ahead) call->most_ahead = ahead;
        if (in_window) {
            heard.window_packets++;
            note_time(&behind, call->most_ahead - ahead);
            if (ahead < heard.least_ahead) heard.least_ahead = ahead;
        }
    }
    call->has_heard = true;
    call->plays_until += (int64_t)count * SECOND / 8000;
}

static void return_mark(struct call *call, const char *name) {
    heard.marks_returned++;
    write_text(
        call, "{\"event\":\"mark\",\"sequenceNumber\":\"%u\",\"streamSid\":\"%s\",\"mark\":{\"name\":\"%s\"}}", call->sent + 1,
        call->stream_sid, name);
}

static void keep_mark(struct call *call, const char *name, size_t length, int64_t at) {
    if (length > MARK_CHARS) give_up("call %d: a mark's name of %zu characters is more than this client keeps", call->number, length);
    if (marks_count == marks_room) {
        marks_room = marks_room ? 2 * marks_room : 1024;
        marks = realloc(marks, marks_room * sizeof *marks);
        if (!marks) give_up("out of memory");
    }
    struct mark mark = {.due = call->has_heard && call->plays_until > at ? call->plays_until : at, .call = call};
    memcpy(mark.name, name, length);
    size_t i = marks_count++;
    // As long as they are due at one time they keep their order.
    for (; i > 0 && marks[(i - 1) / 2].due > mark.due; i = (i - 1) / 2) marks[i] = marks[(i - 1) / 2];
    marks[i] = mark;
}

static void remove_first_mark(void) {
    struct mark last = marks[--marks_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < marks_count; i = child) {
        if (child + 1 < marks_count && marks[child + 1].due < marks[child].due) child++;
        if (marks[child].due >= last.due) break;
        marks[i] = marks[child];
    }
    marks[i] = last;
}

/// Returns the marks that are due.
/// - Returns: when the next one is.
static int64_t return_marks(void) {
    while (marks_count > 0) {
        int64_t due = marks[0].due;
        if (due > now()) return due;
        struct mark mark = marks[0];
        remove_first_mark();
        if (mark.name[0] && mark.call->stage == STREAMING) return_mark(mark.call, mark.name);
    }
    return INT64_MAX;
}

/// What has not been played is dropped; its marks come back at once.
static void clear_playback(struct call *call, int64_t at) {
    call->plays_until = at;
    call->has_heard = false;
    for (size_t i = 0; i < marks_count; i++) {
        if (marks[i].call != call || !marks[i].name[0]) continue;
        if (call->stage == STREAMING) return_mark(call, marks[i].name);
        marks[i].name[0] = 0;
    }
}

// ---- What the caller says ----

static uint8_t mu_law(int sample) {
    int sign = sample < 0 ? 0x80 : 0, size = (sample < 0 ? -sample : sample) + 132;
    if (size > 32767) size = 32767;
    int power = 24 - __builtin_clz((unsigned)size);
    return (uint8_t) ~(sign | power << 4 | (size >> (power + 3) & 15));
}

/// Reads a WAV of 16-bit samples at 8 kHz, one channel.
static void read_said(const char *path) {
    static uint8_t bytes[44 + 2 * MAX_SAID];
    FILE *file = fopen(path, "rb");
    size_t count = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file) fclose(file);
    static const uint8_t format[] = {1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0};
    if (count < 44 || memcmp(bytes + 8, "WAVEfmt ", 8) != 0 || memcmp(bytes + 20, format, sizeof format) != 0) {
        give_up("%s is no WAV of 16-bit samples, 8,000 Hz, one channel", path);
    }
    said_frames = (uint32_t)((count - 44) / 2 / FRAME_BYTES);
    said = malloc(said_frames * FRAME_BYTES + 1);
    if (!said) give_up("out of memory");
    for (size_t i = 0; i < said_frames * FRAME_BYTES; i++) said[i] = mu_law((int16_t)(bytes[44 + 2 * i] | bytes[45 + 2 * i] << 8));
}

/// The caller's next frame: words, or the noise of a good line (about -70 dBFS).
static void say(const struct call *call, uint8_t *to) {
    static const uint8_t noise[] = {0xff, 0xfe, 0x7e, 0xff, 0xfd, 0x7d, 0xfe, 0x7e};
    uint32_t place = (call->sent + (uint32_t)call->number * SAID_STEP) % (said_frames + QUIET_FRAMES);
    if (place < said_frames) {
        memcpy(to, said + place * FRAME_BYTES, FRAME_BYTES);
        return;
    }
    for (int i = 0; i < FRAME_BYTES; i += 16) {
        uint64_t bits = mix((uint64_t)call->number << 40 | (uint64_t)call->sent << 8 | (uint64_t)i);
        for (int j = 0; j < 16; j++, bits >>= 3) to[i + j] = noise[bits & 7];
    }
}

// ---- What came of it ----

static bool listened_well(void) {
    return heard.window_packets > 0 && !heard.late && !seen.foreign && !seen.unread && !seen.dropped_calls;
}

static void report_heard(void) {
    uint32_t shortest = UINT32_MAX, longest = 0;
    for (int i = 0; i < options.calls; i++) {
        if (calls[i].sent < shortest) shortest = calls[i].sent;
        if (calls[i].sent > longest) longest = calls[i].sent;
    }
    double ahead = heard.least_ahead == INT64_MAX ? -1 : (double)heard.least_ahead / 1000;
    if (!options.json) {
        printf("heard        %llu packets, %llu late, longest hole %.1f ms; %llu marks returned\n", (unsigned long long)heard.packets,
               (unsigned long long)heard.late, (double)heard.longest_hole / 1e6, (unsigned long long)heard.marks_returned);
        printf("behind       p50 %.2f  p99 %.2f  max %.2f ms after the call's earliest; least ahead %.1f ms\n", quantile(&behind, 0.5) / 1000,
               quantile(&behind, 0.99) / 1000, (double)behind.max / 1e6, ahead / 1000);
        return;
    }
    printf("\"heard\":%llu,\"heard_in_window\":%llu,\"late_frames\":%llu,\"late_frames_in_window\":%llu,\"longest_hole_us\":%.0f,",
           (unsigned long long)heard.packets, (unsigned long long)heard.window_packets, (unsigned long long)heard.late,
           (unsigned long long)heard.window_late, (double)heard.longest_hole / 1000);
    printf("\"behind_us_p50\":%.0f,\"behind_us_p99\":%.0f,\"behind_us_p999\":%.0f,\"behind_us_max\":%.0f,\"least_ahead_us\":%.0f,",
           quantile(&behind, 0.5), quantile(&behind, 0.99), quantile(&behind, 0.999), (double)behind.max / 1000.0, ahead);
    printf("\"marks_returned\":%llu,\"shortest_call_frames\":%u,\"longest_call_frames\":%u,", (unsigned long long)heard.marks_returned, shortest,
           longest);
}
