// The load client: N concurrent Twilio calls over WebSocket, paced in real time, every echoed byte checked.
//
// One thread on epoll, nothing beyond libc. Each call opens its WebSocket, sends `connected` and `start`, then one `media` message of
// 160 bytes of mu-law every 20 ms on absolute deadlines; the calls are spread evenly over the 20 ms. A frame's content says which call and
// which frame it is, and every one of its codes survives mu-law -> PCM16 -> mu-law exactly, so what comes back is matched byte by byte:
// lost, changed, misordered, doubled and misdirected audio are told apart. Echoed audio is read as a stream: it may be cut anew.
//
// With `--listen` the server is no echo: the caller says something, and what the server says is played as a provider plays it; whether it
// came in time is measured (listen.h).
//
// Latency and the server's CPU are measured in the steady window only: all calls up and sending, `--seconds` long.
//
// Build: cc -O2 -o load load.c
// Exit:  0 all audio came back, or in time; 1 it did not, or a call could not be made; 64 bad usage.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MICROSECOND 1000ll
#define MILLISECOND 1000000ll
#define SECOND 1000000000ll

#define FRAME_BYTES 160
#define FRAME_PERIOD (20 * MILLISECOND)
#define BASE64_CHARS 216 // of 160 bytes, padding included

// Send times kept per call: an echo may be this many frames (20 s) late and still be timed.
#define SEND_TIMES 1024
// Most bytes that may wait for the server to read: about 10 s of one call.
#define MAX_UNSENT (256 * 1024)
// Longest message and longest HTTP answer taken from the server.
#define MOST_INPUT (256 * 1024)
// Echoed bytes not yet matched; a frame may be cut at any byte.
#define MAX_UNMATCHED 65536
// How long a call may take to be answered, and how long the last echoes and the close may take.
#define CONNECT_TIME (10 * SECOND)
#define DRAIN_TIME (2 * SECOND)
#define CLOSE_TIME (2 * SECOND)
// From the last call's first frame to the start of the steady window.
#define SETTLE_TIME (1 * SECOND)
// Shorter waits are spent polling: the kernel's own wake-up is not finer than this.
#define SHORTEST_SLEEP (80 * MICROSECOND)
#define MAX_CALLS 20000

// The example of RFC 6455 §1.3: a fixed key, so that its answer needs no SHA-1 here.
#define WEBSOCKET_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define WEBSOCKET_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

enum { OP_CONTINUATION = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

// ---- What was asked for, and what was seen ----

static struct {
    const char *host, *path, *say;
    int port, calls, seconds, ramp, pid, tail;
    bool json, listen;
} options = {.host = "127.0.0.1", .path = "/ws", .calls = 100, .seconds = 10, .ramp = 200};

static struct {
    uint64_t sent, intact;    // frames, whole run
    uint64_t strays;          // runs of bytes that are no frame of this call
    uint64_t foreign;         // frames of another call, or messages with another call's streamSid
    uint64_t misordered;      // frames that came after a later one
    uint64_t doubled;         // frames that came again
    uint64_t window_sent, window_intact;
    uint64_t marks, clears, unread, dropped_calls;
} seen;

/// Times in nanoseconds by size: 64 steps to each power of two, so a value is read back within 1.6 %.
struct histogram {
    uint64_t count, max, steps[64 * 128];
};
static struct histogram latency, lateness;

static void note_time(struct histogram *h, int64_t nanoseconds) {
    uint64_t v = nanoseconds > 0 ? (uint64_t)nanoseconds : 0;
    int power = v < 128 ? 0 : 57 - __builtin_clzll(v);
    h->steps[(uint64_t)power * 128 + (v >> power)]++;
    h->count++;
    if (v > h->max) h->max = v;
}

/// - Returns: microseconds.
static double quantile(const struct histogram *h, double q) {
    uint64_t rank = (uint64_t)(q * (double)h->count), passed = 0;
    for (int i = 0; i < 64 * 128; i++) {
        passed += h->steps[i];
        if (passed > rank) {
            uint64_t top = (((uint64_t)i % 128 + 1) << i / 128) - 1;
            return (double)(top < h->max ? top : h->max) / 1000.0;
        }
    }
    return (double)h->max / 1000.0;
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fprintf(stderr, "load: ");
    vfprintf(stderr, format, list);
    fprintf(stderr, "\n");
    va_end(list);
    exit(1);
}

// ---- The calls ----

enum stage { WAITING, CONNECTING, UPGRADING, STREAMING, CLOSING, GONE };

struct call {
    int number, fd;
    enum stage stage;
    bool wants_write;
    int64_t begun;         // when the connection was opened
    int64_t next_deadline; // of the next frame
    uint32_t sent;         // frames; the next one has this number
    uint32_t expected;     // the frame that should come back next
    char stream_sid[35];
    int64_t send_times[SEND_TIMES];
    uint8_t intact[SEND_TIMES / 8]; // which of the last SEND_TIMES frames have come back
    uint8_t *unmatched;
    size_t unmatched_length;
    bool in_stray;
    char *input; // an incomplete frame or HTTP answer
    size_t input_length;
    char *message; // a message that comes in fragments
    size_t message_length;
    char *unsent;
    size_t unsent_length;
    // With --listen:
    int64_t plays_until; // when all audio that came has played
    int64_t most_ahead;  // furthest before its time that a packet has come
    bool has_heard;
};

static struct call *calls;
static int epoll_fd;
static int streaming, gone;
static int64_t window_start = INT64_MAX, window_end = INT64_MAX;
static struct sockaddr_storage address;
static socklen_t address_length;

// ---- Frames that can be recognised ----

static uint64_t mix(uint64_t x) {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ull;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

/// The audio of one frame: 3 bytes of call number, 5 of frame number (6 bits each), 152 that follow from both.
/// Code 0x7f is left out: it is a second zero, and comes back as 0xff.
static void make_frame(uint32_t call, uint32_t frame, uint8_t *to) {
    for (int i = 0; i < 3; i++) to[i] = (uint8_t)(0x80 | (call >> (6 * i) & 63));
    for (int i = 0; i < 5; i++) to[3 + i] = (uint8_t)(0x80 | ((uint64_t)frame >> (6 * i) & 63));
    uint64_t state = (uint64_t)call << 32 | frame;
    for (int i = 8; i < FRAME_BYTES; i += 8) {
        state += 0x9e3779b97f4a7c15ull;
        uint64_t v = mix(state);
        memcpy(to + i, &v, 8);
    }
    for (int i = 8; i < FRAME_BYTES; i++) to[i] = to[i] == 0x7f ? 0x7e : to[i];
}

/// - Returns: whether the 160 bytes are exactly a frame that some call can have sent, and which.
static bool read_frame(const uint8_t *bytes, uint32_t *call, uint32_t *frame) {
    uint32_t c = 0;
    uint64_t f = 0;
    for (int i = 0; i < 8; i++) {
        if ((bytes[i] & 0xc0) != 0x80) return false;
        if (i < 3) c |= (uint32_t)(bytes[i] & 63) << (6 * i);
        else f |= (uint64_t)(bytes[i] & 63) << (6 * (i - 3));
    }
    uint8_t same[FRAME_BYTES];
    make_frame(c, (uint32_t)f, same);
    *call = c;
    *frame = (uint32_t)f;
    return memcmp(same, bytes, FRAME_BYTES) == 0;
}

static void take_frame(struct call *call, uint32_t frame, int64_t at) {
    uint32_t slot = frame % SEND_TIMES;
    if (call->sent - frame <= SEND_TIMES) {
        if (call->intact[slot / 8] & 1 << slot % 8) {
            seen.doubled++;
            return;
        }
        call->intact[slot / 8] |= (uint8_t)(1 << slot % 8);
    } else if (frame < call->expected) {
        seen.misordered++;
        return;
    }
    if (frame < call->expected) seen.misordered++;
    else call->expected = frame + 1;
    seen.intact++;
    int64_t sent_at = call->sent - frame <= SEND_TIMES ? call->send_times[slot] : at - SEND_TIMES * FRAME_PERIOD;
    if (sent_at >= window_start && sent_at < window_end) {
        seen.window_intact++;
        note_time(&latency, at - sent_at);
    }
}

/// Matches echoed bytes against what this call sent.
static void take_audio(struct call *call, const uint8_t *bytes, size_t count, int64_t at) {
    if (call->unmatched_length + count > MAX_UNMATCHED) give_up("call %d: more audio at once than was ever sent", call->number);
    if (!call->unmatched) call->unmatched = malloc(MAX_UNMATCHED);
    if (!call->unmatched) give_up("out of memory");
    memcpy(call->unmatched + call->unmatched_length, bytes, count);
    call->unmatched_length += count;

    size_t from = 0;
    while (call->unmatched_length - from >= FRAME_BYTES) {
        const uint8_t *head = call->unmatched + from;
        uint32_t owner, frame;
        if (!read_frame(head, &owner, &frame) || (owner == (uint32_t)call->number && frame >= call->sent)) {
            if (!call->in_stray) seen.strays++;
            call->in_stray = true;
            from++;
            continue;
        }
        call->in_stray = false;
        from += FRAME_BYTES;
        if (owner != (uint32_t)call->number) seen.foreign++;
        else take_frame(call, frame, at);
    }
    call->unmatched_length -= from;
    memmove(call->unmatched, call->unmatched + from, call->unmatched_length);
    if (call->unmatched_length == 0) {
        free(call->unmatched);
        call->unmatched = NULL;
    }
}

// ---- Base64 ----

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static int8_t value_of_digit[256];

static void base64_encode(const uint8_t *from, size_t count, char *to) {
    for (size_t i = 0; i < count; i += 3) {
        uint32_t v = (uint32_t)from[i] << 16 | (i + 1 < count ? (uint32_t)from[i + 1] << 8 : 0) | (i + 2 < count ? from[i + 2] : 0);
        *to++ = digits[v >> 18];
        *to++ = digits[v >> 12 & 63];
        *to++ = i + 1 < count ? digits[v >> 6 & 63] : '=';
        *to++ = i + 2 < count ? digits[v & 63] : '=';
    }
}

/// Decodes up to the closing quote; `\/` is a slash.
/// - Returns: the number of bytes, or -1 when the text is not base64.
static int base64_decode(const char *at, const char *end, uint8_t *to) {
    uint8_t *out = to;
    uint32_t bits = 0;
    int have = 0;
    for (; at < end && *at != '"' && *at != '='; at++) {
        if (*at == '\\') continue;
        int v = value_of_digit[(uint8_t)*at];
        if (v < 0) return -1;
        bits = bits << 6 | (uint32_t)v;
        have += 6;
        if (have >= 8) {
            have -= 8;
            *out++ = (uint8_t)(bits >> have);
        }
    }
    return (int)(out - to);
}

// ---- Writing ----

static void drop(struct call *call, const char *why);

static void watch(struct call *call, bool write) {
    if (call->wants_write == write) return;
    call->wants_write = write;
    struct epoll_event event = {.events = EPOLLIN | (write ? (uint32_t)EPOLLOUT : 0), .data.ptr = call};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, call->fd, &event);
}

static void write_unsent(struct call *call) {
    while (call->unsent_length > 0) {
        ssize_t n = send(call->fd, call->unsent, call->unsent_length, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EAGAIN) return;
            drop(call, strerror(errno));
            return;
        }
        call->unsent_length -= (size_t)n;
        memmove(call->unsent, call->unsent + n, call->unsent_length);
    }
    free(call->unsent);
    call->unsent = NULL;
    watch(call, false);
}

static void write_bytes(struct call *call, const char *bytes, size_t count) {
    ssize_t n = 0;
    if (call->unsent_length == 0) {
        n = send(call->fd, bytes, count, MSG_NOSIGNAL);
        if (n == (ssize_t)count) return;
        if (n < 0) {
            if (errno != EAGAIN) {
                drop(call, strerror(errno));
                return;
            }
            n = 0;
        }
    }
    size_t rest = count - (size_t)n;
    if (call->unsent_length + rest > MAX_UNSENT) {
        drop(call, "the server has stopped reading");
        return;
    }
    if (!call->unsent) call->unsent = malloc(MAX_UNSENT);
    if (!call->unsent) give_up("out of memory");
    memcpy(call->unsent + call->unsent_length, bytes + n, rest);
    call->unsent_length += rest;
    watch(call, true);
}

/// Sends one masked WebSocket frame (a client's frames must be masked).
static void write_frame(struct call *call, int opcode, const char *text, size_t length) {
    static uint64_t masks = 1;
    static char out[65536 + 16];
    if (length > 65535) give_up("call %d: a message of %zu bytes is more than this client sends", call->number, length);
    char *to = out;
    *to++ = (char)(0x80 | opcode);
    if (length < 126) {
        *to++ = (char)(0x80 | length);
    } else {
        *to++ = (char)(0x80 | 126);
        *to++ = (char)(length >> 8);
        *to++ = (char)length;
    }
    uint32_t mask32 = (uint32_t)mix(masks++);
    memcpy(to, &mask32, 4);
    to += 4;
    uint64_t mask64 = (uint64_t)mask32 << 32 | mask32;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t v;
        memcpy(&v, text + i, 8);
        v ^= mask64;
        memcpy(to + i, &v, 8);
    }
    const char *mask = (const char *)&mask64;
    for (; i < length; i++) to[i] = (char)(text[i] ^ mask[i % 8]);
    write_bytes(call, out, (size_t)(to - out) + length);
}

__attribute__((format(printf, 2, 3))) static void write_text(struct call *call, const char *format, ...) {
    char text[2048];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (length < 0 || length >= (int)sizeof text) give_up("call %d: message too long", call->number);
    write_frame(call, OP_TEXT, text, (size_t)length);
}

#include "listen.h"

static void send_media(struct call *call) {
    uint8_t audio[FRAME_BYTES];
    char payload[BASE64_CHARS + 1];
    if (options.listen) say(call, audio);
    else make_frame((uint32_t)call->number, call->sent, audio);
    base64_encode(audio, FRAME_BYTES, payload);
    payload[BASE64_CHARS] = 0;
    uint32_t slot = call->sent % SEND_TIMES;
    call->intact[slot / 8] &= (uint8_t)~(1 << slot % 8);
    int64_t at = now();
    call->send_times[slot] = at;
    if (at >= window_start && at < window_end) {
        note_time(&lateness, at - call->next_deadline);
        seen.window_sent++;
    }
    uint32_t chunk = ++call->sent;
    call->next_deadline += FRAME_PERIOD;
    seen.sent++;
    write_text(
        call,
        "{\"event\":\"media\",\"sequenceNumber\":\"%u\",\"media\":{\"track\":\"inbound\",\"chunk\":\"%u\",\"timestamp\":\"%u\","
        "\"payload\":\"%s\"},\"streamSid\":\"%s\"}",
        chunk + 1, chunk, chunk * 20, payload, call->stream_sid);
}

// ---- The life of a call ----

static void forget(struct call *call) {
    if (call->fd >= 0) close(call->fd);
    call->fd = -1;
    free(call->unmatched);
    free(call->input);
    free(call->message);
    free(call->unsent);
    call->unmatched = NULL;
    call->input = call->message = call->unsent = NULL;
    call->unmatched_length = call->input_length = call->message_length = call->unsent_length = 0;
    call->stage = GONE;
    gone++;
}

/// The connection ended before its call did.
static void drop(struct call *call, const char *why) {
    if (call->stage == GONE) return;
    if (call->stage == CONNECTING) give_up("cannot connect to %s:%d: %s", options.host, options.port, why);
    if (call->stage == UPGRADING) give_up("call %d: connection lost before the WebSocket was open: %s", call->number, why);
    if (call->stage == STREAMING) {
        if (seen.dropped_calls++ < 5) fprintf(stderr, "load: call %d ended after %u frames: %s\n", call->number, call->sent, why);
    }
    forget(call);
}

static void open_call(struct call *call) {
    call->begun = now();
    call->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (call->fd < 0) give_up("socket: %s", strerror(errno));
    int yes = 1;
    setsockopt(call->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    call->stage = CONNECTING;
    if (connect(call->fd, (struct sockaddr *)&address, address_length) != 0 && errno != EINPROGRESS) {
        drop(call, strerror(errno));
    }
    call->wants_write = true;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = call};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, call->fd, &event) != 0) give_up("epoll_ctl: %s", strerror(errno));
}

static void send_upgrade(struct call *call) {
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(call->fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem) drop(call, strerror(problem));
    call->stage = UPGRADING;
    char request[2048];
    int length = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: %s\r\nUser-Agent: Twilio.TmeWs/1.0\r\n\r\n",
        options.path, options.host, options.port, WEBSOCKET_KEY);
    if (length >= (int)sizeof request) give_up("the path is too long");
    watch(call, false);
    write_bytes(call, request, (size_t)length);
}

static void begin_stream(struct call *call) {
    call->stage = STREAMING;
    streaming++;
    // Each call has its own place in the 20 ms, the same in every one of them.
    int64_t offset = FRAME_PERIOD * call->number / options.calls;
    int64_t earliest = now() + MILLISECOND;
    call->next_deadline = (earliest - offset + FRAME_PERIOD - 1) / FRAME_PERIOD * FRAME_PERIOD + offset;
    snprintf(call->stream_sid, sizeof call->stream_sid, "MZ%032x", (unsigned)call->number + 1);
    write_text(call, "{\"event\":\"connected\",\"protocol\":\"Call\",\"version\":\"1.0.0\"}");
    write_text(
        call,
        "{\"event\":\"start\",\"sequenceNumber\":\"1\",\"start\":{\"accountSid\":\"AC%032x\",\"streamSid\":\"%s\",\"callSid\":\"CA%032x\","
        "\"tracks\":[\"inbound\"],\"mediaFormat\":{\"encoding\":\"audio/x-mulaw\",\"sampleRate\":8000,\"channels\":1},"
        "\"customParameters\":{}},\"streamSid\":\"%s\"}",
        1u, call->stream_sid, (unsigned)call->number + 1, call->stream_sid);
}

static void end_call(struct call *call) {
    write_text(
        call, "{\"event\":\"stop\",\"sequenceNumber\":\"%u\",\"stop\":{\"accountSid\":\"AC%032x\",\"callSid\":\"CA%032x\"},\"streamSid\":\"%s\"}",
        call->sent + 2, 1u, (unsigned)call->number + 1, call->stream_sid);
    if (call->stage != STREAMING) return;
    write_frame(call, OP_CLOSE, "\x03\xe8", 2);
    if (call->stage == STREAMING) call->stage = CLOSING;
}

// ---- Reading ----

/// Takes the answer to the upgrade request from the front of `bytes`.
/// - Returns: how long it was; 0 when it is not complete.
static size_t take_upgrade(struct call *call, const char *bytes, size_t count, bool ended) {
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    bool upgraded = count >= 12 && memcmp(bytes, "HTTP/1.1 101", 12) == 0;
    if (upgraded && end) {
        size_t length = (size_t)(end - bytes) + 4;
        if (!memmem(bytes, length, WEBSOCKET_ACCEPT, strlen(WEBSOCKET_ACCEPT))) {
            give_up("call %d: the upgrade was answered with a wrong Sec-WebSocket-Accept:\n%.*s", call->number, (int)length, bytes);
        }
        begin_stream(call);
        return length;
    }
    if (upgraded || !end) return 0;
    // Refused: wait for the body, as far as its length is known.
    size_t head = (size_t)(end - bytes) + 4, body = 0;
    bool known = false;
    for (const char *line = bytes; line < end;) {
        if (strncasecmp(line, "content-length:", 15) == 0) {
            body = strtoul(line + 15, NULL, 10);
            known = true;
        }
        const char *next = memmem(line, (size_t)(end - line), "\r\n", 2);
        if (!next) break;
        line = next + 2;
    }
    if (!ended && (!known || count < head + body)) return 0;
    const char *status_end = memmem(bytes, count, "\r\n", 2);
    give_up(
        "call %d: the WebSocket was refused: %.*s\n%.*s", call->number, (int)(status_end - bytes), bytes, (int)(count - head), bytes + head);
}

/// - Returns: where the string value of `key` begins, or NULL.
static const char *value_of(const char *text, size_t length, const char *key) {
    const char *end = text + length, *at = memmem(text, length, key, strlen(key));
    if (!at) return NULL;
    at += strlen(key);
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r' || *at == ':')) at++;
    return at < end && *at == '"' ? at + 1 : NULL;
}

static void take_message(struct call *call, const char *text, size_t length, int64_t at) {
    const char *end = text + length, *event = value_of(text, length, "\"event\"");
    const char *sid = value_of(text, length, "\"streamSid\"");
    size_t sid_length = strlen(call->stream_sid);
    bool ours = sid && (size_t)(end - sid) > sid_length && memcmp(sid, call->stream_sid, sid_length) == 0 && sid[sid_length] == '"';
    if (!event || !ours) {
        if (sid) seen.foreign++;
        else seen.unread++;
        return;
    }
    if (strncmp(event, "media\"", 6) == 0) {
        static uint8_t audio[MOST_INPUT];
        const char *payload = value_of(text, length, "\"payload\"");
        int count = payload ? base64_decode(payload, end, audio) : -1;
        if (count < 0) seen.unread++;
        else if (options.listen) play(call, (size_t)count, at);
        else take_audio(call, audio, (size_t)count, at);
    } else if (strncmp(event, "mark\"", 5) == 0) {
        // An echo's audio is taken as played.
        const char *name = value_of(text, length, "\"name\"");
        const char *name_end = name ? memchr(name, '"', (size_t)(end - name)) : NULL;
        seen.marks++;
        if (!name_end || call->stage != STREAMING) return;
        keep_mark(call, name, (size_t)(name_end - name), at);
        if (!options.listen) return_marks();
    } else if (strncmp(event, "clear\"", 6) == 0) {
        seen.clears++;
        clear_playback(call, at);
    } else {
        seen.unread++;
    }
}

/// Takes one WebSocket frame from the front of `bytes`.
/// - Returns: how long it was; 0 when it is not complete.
static size_t take_websocket_frame(struct call *call, const char *bytes, size_t count, int64_t at) {
    const uint8_t *b = (const uint8_t *)bytes;
    if (count < 2) return 0;
    size_t head = 2;
    uint64_t length = b[1] & 0x7f;
    if (b[1] & 0x80) give_up("call %d: the server sent a masked frame", call->number);
    if (length == 126) {
        if (count < 4) return 0;
        length = (uint64_t)b[2] << 8 | b[3];
        head = 4;
    } else if (length == 127) {
        if (count < 10) return 0;
        length = 0;
        for (int i = 2; i < 10; i++) length = length << 8 | b[i];
        head = 10;
    }
    if (length > MOST_INPUT - 16) give_up("call %d: the server sent a frame of %llu bytes", call->number, (unsigned long long)length);
    if (count < head + length) return 0;
    const char *text = bytes + head;
    bool final = b[0] & 0x80;
    switch (b[0] & 0x0f) {
    case OP_TEXT:
    case OP_CONTINUATION:
        if (final && call->message_length == 0) {
            take_message(call, text, length, at);
            break;
        }
        if (call->message_length + length > MOST_INPUT) give_up("call %d: the server sent a message without end", call->number);
        if (!call->message) call->message = malloc(MOST_INPUT);
        if (!call->message) give_up("out of memory");
        memcpy(call->message + call->message_length, text, length);
        call->message_length += length;
        if (final) {
            take_message(call, call->message, call->message_length, at);
            call->message_length = 0;
        }
        break;
    case OP_PING: write_frame(call, OP_PONG, text, length); break;
    case OP_PONG: break;
    case OP_CLOSE: {
        char why[160] = "closed by the server without a code";
        if (length >= 2) {
            snprintf(why, sizeof why, "closed by the server with %d %.*s", (uint8_t)text[0] << 8 | (uint8_t)text[1],
                     (int)length - 2, text + 2);
        }
        drop(call, why);
        break;
    }
    default: seen.unread++;
    }
    return head + length;
}

static void take_input(struct call *call) {
    static char bytes[MOST_INPUT];
    size_t count = call->input_length;
    if (count > 0) {
        memcpy(bytes, call->input, count);
        call->input_length = 0;
        free(call->input);
        call->input = NULL;
    }
    ssize_t n = recv(call->fd, bytes + count, sizeof bytes - count, 0);
    int64_t at = now();
    if (n < 0 && errno == EAGAIN) n = 0;
    else if (n <= 0) {
        if (call->stage == UPGRADING) take_upgrade(call, bytes, count, true);
        drop(call, n == 0 ? "the server closed the connection" : strerror(errno));
        return;
    }
    count += (size_t)n;
    size_t from = 0;
    while (from < count && call->stage != GONE) {
        size_t taken = call->stage == UPGRADING ? take_upgrade(call, bytes + from, count - from, false)
                                                : take_websocket_frame(call, bytes + from, count - from, at);
        if (taken == 0) break;
        from += taken;
    }
    if (call->stage == GONE || from == count) return;
    if (count - from == sizeof bytes) give_up("call %d: the server's answer is too long", call->number);
    call->input_length = count - from;
    call->input = malloc(call->input_length);
    if (!call->input) give_up("out of memory");
    memcpy(call->input, bytes + from, call->input_length);
}

static void take_event(struct call *call, uint32_t events) {
    if (call->stage == CONNECTING) {
        if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) send_upgrade(call);
        return;
    }
    if (events & EPOLLOUT && call->stage != GONE) write_unsent(call);
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP) && call->stage != GONE) take_input(call);
}

// ---- The server process ----

/// utime and stime of `--pid`, in nanoseconds.
static int64_t cpu_time(void) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", options.pid);
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    size_t count = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[count] = 0;
    // The name in parentheses may hold anything; the fields are counted from the last parenthesis.
    const char *at = strrchr(text, ')');
    unsigned long long user, system;
    if (!at || sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2) return -1;
    return (int64_t)(user + system) * SECOND / sysconf(_SC_CLK_TCK);
}

/// One field of a file of /proc/PID, in KiB, or -1.
static long kibibytes(const char *name, const char *field) {
    char path[64], line[256];
    long value = -1;
    snprintf(path, sizeof path, "/proc/%d/%s", options.pid, name);
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    while (value < 0 && fgets(line, sizeof line, file)) {
        if (strncmp(line, field, strlen(field)) == 0) value = strtol(line + strlen(field), NULL, 10);
    }
    fclose(file);
    return value;
}

static struct {
    long rss_before, rss_with_calls, pss_before, pss_with_calls;
    int64_t cpu_start, cpu_end;
    int64_t busiest; // nanoseconds of the thread that ran most in the window, its loop's; -1 where the kernel does not say
} server = {.busiest = -1};

/// What this process itself used in the steady window. Units: nanoseconds.
static int64_t own_cpu;

/// What each thread of `--pid` has used, and at the second call the most that one of them has used since the first.
static void note_threads(bool begins) {
    static struct { long id; long long ran; } threads[64];
    static int count;
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/task", options.pid);
    DIR *folder = options.pid ? opendir(path) : NULL;
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        long id = strtol(entry->d_name, NULL, 10);
        long long ran;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", options.pid, entry->d_name);
        FILE *file = id > 0 ? fopen(path, "r") : NULL;
        if (!file) continue;
        bool known = fscanf(file, "%lld", &ran) == 1;
        fclose(file);
        if (!known) continue;
        if (begins && count < 64) {
            threads[count].id = id;
            threads[count++].ran = ran;
        }
        for (int i = 0; !begins && i < count; i++) {
            if (threads[i].id == id && ran - threads[i].ran > server.busiest) server.busiest = ran - threads[i].ran;
        }
    }
    closedir(folder);
}

static int64_t own_cpu_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

static void note_memory(long *rss, long *pss) {
    *rss = kibibytes("status", "VmRSS:");
    *pss = kibibytes("smaps_rollup", "Pss:");
}

// ---- The run ----

/// Waits for input until `until`, and takes what has come. At most 64 events, so that a frame that is due is not kept waiting.
static void wait_for_input(int64_t until) {
    struct epoll_event events[64];
    int64_t left = until - now();
    struct timespec wait = {0};
    if (left > SHORTEST_SLEEP) {
        left -= SHORTEST_SLEEP / 2;
        wait = (struct timespec){.tv_sec = left / SECOND, .tv_nsec = left % SECOND};
    }
    static bool has_pwait2 = true;
    int count = -1;
    if (has_pwait2) {
        count = epoll_pwait2(epoll_fd, events, 64, &wait, NULL);
        if (count < 0 && errno == ENOSYS) has_pwait2 = false;
    }
    if (!has_pwait2) count = epoll_wait(epoll_fd, events, 64, (int)(left > MILLISECOND ? left / MILLISECOND : 0));
    if (count < 0 && errno != EINTR) give_up("epoll: %s", strerror(errno));
    for (int i = 0; i < count; i++) take_event(events[i].data.ptr, events[i].events);
}

/// Sends the frames that are due, in the order of the calls' places in the 20 ms.
/// - Returns: when the next one is due.
static int64_t send_frames(void) {
    static int next;
    // One turn passes each call once at most, and lets input in after 16 frames.
    int frames = 0;
    for (int looked = 0; looked < options.calls; looked++) {
        struct call *call = &calls[next];
        int64_t at = now();
        // A call that has only just begun may have its first frame in the next turn.
        if (call->stage == STREAMING && call->next_deadline < at + FRAME_PERIOD / 2) {
            if (call->next_deadline > at) return call->next_deadline;
            send_media(call);
            if (++frames == 16) {
                next = (next + 1) % options.calls;
                return 0;
            }
        }
        next = (next + 1) % options.calls;
    }
    return now() + FRAME_PERIOD / 2;
}

/// Sends what is due.
/// - Returns: when something is due next.
static int64_t send_due(void) {
    int64_t frame = send_frames(), mark = return_marks();
    return mark < frame ? mark : frame;
}

static void check_connecting(int64_t at) {
    static int64_t checked;
    if (at - checked < SECOND / 2) return;
    checked = at;
    for (int i = 0; i < options.calls; i++) {
        if ((calls[i].stage == CONNECTING || calls[i].stage == UPGRADING) && at - calls[i].begun > CONNECT_TIME) {
            give_up("call %d: no WebSocket after %lld s", i, CONNECT_TIME / SECOND);
        }
    }
}

static void run(void) {
    note_memory(&server.rss_before, &server.pss_before);
    int64_t begun = now();
    int opened = 0;
    while (streaming + gone < options.calls) {
        int64_t at = now();
        while (opened < options.calls && begun + opened * SECOND / options.ramp <= at) open_call(&calls[opened++]);
        check_connecting(at);
        int64_t next = send_due();
        int64_t next_call = opened < options.calls ? begun + opened * SECOND / options.ramp : at + FRAME_PERIOD;
        wait_for_input(next < next_call ? next : next_call);
    }

    // `window_start` is set when it comes, so that the CPU is read at the same moment.
    int64_t settled = now() + SETTLE_TIME;
    while (now() < settled) wait_for_input(send_due());
    server.cpu_start = cpu_time();
    note_threads(true);
    own_cpu = own_cpu_time();
    window_start = now();
    window_end = window_start + options.seconds * SECOND;
    while (now() < window_end) wait_for_input(send_due());
    server.cpu_end = cpu_time();
    note_threads(false);
    own_cpu = own_cpu_time() - own_cpu;
    note_memory(&server.rss_with_calls, &server.pss_with_calls);

    // Frames after the window carry with them what the server holds back until a chunk is full.
    int64_t tail_end = window_end + options.tail * MILLISECOND;
    while (now() < tail_end) wait_for_input(send_due());

    int64_t drained = options.listen ? 0 : now() + DRAIN_TIME;
    while (now() < drained && seen.intact < seen.sent) wait_for_input(now() + MILLISECOND);
    for (int i = 0; i < options.calls; i++) {
        if (calls[i].stage == STREAMING) end_call(&calls[i]);
        if (i % 16 == 15) wait_for_input(now());
    }
    int64_t closed = now() + CLOSE_TIME;
    while (now() < closed && gone < options.calls) wait_for_input(now() + MILLISECOND);
}

// ---- The report ----

static bool good(void) {
    if (options.listen) return listened_well();
    return seen.sent > 0 && seen.intact == seen.sent && !seen.strays && !seen.foreign && !seen.misordered && !seen.doubled && !seen.unread
        && !seen.dropped_calls;
}

static double per_call(long before, long with_calls) {
    return before < 0 || with_calls < 0 ? -1 : (double)(with_calls - before) / options.calls;
}

static void report(void) {
    uint64_t lost = seen.sent - seen.intact;
    double cpu = -1;
    if (server.cpu_start >= 0 && server.cpu_end >= 0 && seen.window_sent > 0) {
        cpu = (double)(server.cpu_end - server.cpu_start) / 1000.0 / (double)seen.window_sent;
    }
    if (options.json) {
        printf("{\"calls\":%d,\"seconds\":%d,\"frames\":%llu,\"frames_in_window\":%llu,\"foreign\":%llu,\"own_cpu_percent\":%.1f,",
               options.calls, options.seconds, (unsigned long long)seen.sent, (unsigned long long)seen.window_sent,
               (unsigned long long)seen.foreign, (double)own_cpu / (double)options.seconds / 1e7);
        printf("\"unread_messages\":%llu,\"dropped_calls\":%llu,\"marks\":%llu,\"clears\":%llu,", (unsigned long long)seen.unread,
               (unsigned long long)seen.dropped_calls, (unsigned long long)seen.marks, (unsigned long long)seen.clears);
        if (options.listen) {
            report_heard();
        } else {
            printf("\"lost\":%llu,\"lost_in_window\":%llu,\"corrupt\":%llu,\"misordered\":%llu,\"doubled\":%llu,", (unsigned long long)lost,
                   (unsigned long long)(seen.window_sent - seen.window_intact), (unsigned long long)seen.strays,
                   (unsigned long long)seen.misordered, (unsigned long long)seen.doubled);
            printf("\"latency_us_p50\":%.0f,\"latency_us_p90\":%.0f,\"latency_us_p99\":%.0f,\"latency_us_p999\":%.0f,\"latency_us_max\":%.0f,",
                   quantile(&latency, 0.5), quantile(&latency, 0.9), quantile(&latency, 0.99), quantile(&latency, 0.999),
                   (double)latency.max / 1000.0);
        }
        printf("\"late_us_p50\":%.0f,\"late_us_p99\":%.0f,\"late_us_max\":%.0f,", quantile(&lateness, 0.5), quantile(&lateness, 0.99),
               (double)lateness.max / 1000.0);
        // Without --pid, or when the process has gone, there is nothing to say.
        if (cpu >= 0) printf("\"cpu_us_per_frame\":%.2f,", cpu);
        else printf("\"cpu_us_per_frame\":null,");
        if (server.busiest >= 0 && seen.window_sent > 0) {
            printf("\"busiest_thread_us_per_frame\":%.2f,", (double)server.busiest / 1000.0 / (double)seen.window_sent);
        }
        if (server.rss_before >= 0 && server.rss_with_calls >= 0) {
            printf("\"rss_kib_before\":%ld,\"rss_kib_with_calls\":%ld,\"rss_kib_per_call\":%.2f,", server.rss_before, server.rss_with_calls,
                   per_call(server.rss_before, server.rss_with_calls));
        }
        if (server.pss_before >= 0 && server.pss_with_calls >= 0) {
            printf("\"pss_kib_before\":%ld,\"pss_kib_with_calls\":%ld,\"pss_kib_per_call\":%.2f,", server.pss_before, server.pss_with_calls,
                   per_call(server.pss_before, server.pss_with_calls));
        }
        printf("\"good\":%s}\n", good() ? "true" : "false");
        return;
    }
    printf("calls        %d for %d s, %llu frames sent\n", options.calls, options.seconds, (unsigned long long)seen.sent);
    if (options.listen) report_heard();
    else printf("audio        lost %llu, corrupt %llu, of another call %llu, misordered %llu, doubled %llu\n", (unsigned long long)lost,
           (unsigned long long)seen.strays, (unsigned long long)seen.foreign, (unsigned long long)seen.misordered,
           (unsigned long long)seen.doubled);
    if (seen.marks || seen.clears || seen.unread || seen.dropped_calls) {
        printf("messages     marks %llu, clears %llu, not understood %llu; calls dropped %llu\n", (unsigned long long)seen.marks,
               (unsigned long long)seen.clears, (unsigned long long)seen.unread, (unsigned long long)seen.dropped_calls);
    }
    if (!options.listen) printf("latency      p50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms\n", quantile(&latency, 0.5) / 1000,
           quantile(&latency, 0.9) / 1000, quantile(&latency, 0.99) / 1000, quantile(&latency, 0.999) / 1000, (double)latency.max / 1e6);
    printf("sent late    p50 %.2f  p99 %.2f  max %.2f ms\n", quantile(&lateness, 0.5) / 1000, quantile(&lateness, 0.99) / 1000,
           (double)lateness.max / 1e6);
    if (cpu >= 0) printf("server CPU   %.2f us per frame\n", cpu);
    if (server.rss_before >= 0 && server.rss_with_calls >= 0) {
        printf("server RSS   %ld KiB before, %ld KiB with all calls: %.1f KiB per call\n", server.rss_before, server.rss_with_calls,
               per_call(server.rss_before, server.rss_with_calls));
    }
}

// ---- The command line ----

static const char usage[] =
    "usage: load --port N [--host ADDRESS] [--path PATH] [--calls N] [--seconds S] [--ramp R] [--tail MS] [--pid PID] [--json]\n"
    "            [--listen --say FILE.wav]\n"
    "  --host      where the server listens (127.0.0.1)\n"
    "  --path      the media route (/ws)\n"
    "  --calls     concurrent calls, 1 to 20000 (100)\n"
    "  --seconds   length of the steady window (10)\n"
    "  --ramp      new calls per second (200)\n"
    "  --tail      go on sending after the window, unmeasured, for servers that hold back an unfinished chunk; milliseconds (0)\n"
    "  --pid       the server's process: its CPU and memory are stated\n"
    "  --listen    the server says something of its own: measure whether it comes in time to be played\n"
    "  --say       what the caller says then, over and over; 16-bit samples, 8,000 Hz, one channel\n"
    "  --json      the result as one line of JSON\n";

static int number(const char *name, const char *text, int least, int most) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (*text == 0 || *end != 0 || errno || value < least || value > most) {
        fprintf(stderr, "load: %s must be a number from %d to %d, not \"%s\"\n", name, least, most, text);
        exit(64);
    }
    return (int)value;
}

static void read_arguments(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        const char *name = arguments[i];
        if (strcmp(name, "--json") == 0) {
            options.json = true;
            continue;
        }
        if (strcmp(name, "--listen") == 0) {
            options.listen = true;
            continue;
        }
        if (strcmp(name, "--help") == 0) {
            printf("%s", usage);
            exit(0);
        }
        if (i + 1 == count) {
            fprintf(stderr, "load: \"%s\" is unknown or lacks its value\n%s", name, usage);
            exit(64);
        }
        const char *value = arguments[++i];
        if (strcmp(name, "--host") == 0) options.host = value;
        else if (strcmp(name, "--path") == 0) options.path = value;
        else if (strcmp(name, "--say") == 0) options.say = value;
        else if (strcmp(name, "--port") == 0) options.port = number(name, value, 1, 65535);
        else if (strcmp(name, "--calls") == 0) options.calls = number(name, value, 1, MAX_CALLS);
        else if (strcmp(name, "--seconds") == 0) options.seconds = number(name, value, 1, 86400);
        else if (strcmp(name, "--ramp") == 0) options.ramp = number(name, value, 1, 100000);
        else if (strcmp(name, "--tail") == 0) options.tail = number(name, value, 0, 60000);
        else if (strcmp(name, "--pid") == 0) options.pid = number(name, value, 1, INT32_MAX);
        else {
            fprintf(stderr, "load: \"%s\" is unknown\n%s", name, usage);
            exit(64);
        }
    }
    if (options.port == 0) {
        fprintf(stderr, "load: --port is missing\n%s", usage);
        exit(64);
    }
}

int main(int count, char **arguments) {
    read_arguments(count, arguments);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
    memset(value_of_digit, -1, sizeof value_of_digit);
    for (int i = 0; i < 64; i++) value_of_digit[(uint8_t)digits[i]] = (int8_t)i;

    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < (rlim_t)options.calls + 16) {
        give_up("%d calls need as many open files; the limit here is %llu (ulimit -Hn)", options.calls, (unsigned long long)limit.rlim_cur);
    }

    if (options.say) read_said(options.say);

    char port[16];
    snprintf(port, sizeof port, "%d", options.port);
    struct addrinfo *found, hints = {.ai_socktype = SOCK_STREAM};
    int problem = getaddrinfo(options.host, port, &hints, &found);
    if (problem) give_up("%s: %s", options.host, gai_strerror(problem));
    memcpy(&address, found->ai_addr, found->ai_addrlen);
    address_length = found->ai_addrlen;
    freeaddrinfo(found);
    if (options.pid && cpu_time() < 0) give_up("no process %d to measure", options.pid);

    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    calls = calloc((size_t)options.calls, sizeof *calls);
    if (epoll_fd < 0 || !calls) give_up("cannot start: %s", strerror(errno));
    for (int i = 0; i < options.calls; i++) {
        calls[i].number = i;
        calls[i].fd = -1;
    }
    run();
    report();
    return good() ? 0 : 1;
}
