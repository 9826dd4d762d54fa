// The yardstick: the least that a libwebsockets server must do for a Twilio echo call, in plain C.
//
// One thread, libwebsockets on libuv, HTTP and WebSocket on 127.0.0.1. For each `media` message: scan the JSON, base64 -> mu-law -> PCM16
// -> mu-law -> base64, write the answer from the receive callback. What a frame costs here is what the library and the kernel cost;
// `Scripts/bench` states Trunkline's cost as a multiple of it.
//
// Build: cc -O2 -o yardstick yardstick.c -lwebsockets
// Use:   yardstick [--port N]     0 (the default) lets the kernel choose; prints "listening on http://127.0.0.1:N".

#define _GNU_SOURCE
#include <libwebsockets.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

// Longest message a peer may send, as in the server that is measured.
#define MAX_MESSAGE 65536
// Longest audio of one message, in bytes of mu-law: what MAX_MESSAGE can carry as base64.
#define MAX_AUDIO (MAX_MESSAGE / 4 * 3)
// Most answers that may wait for a slow peer, in bytes; past it they are dropped.
#define MAX_WAITING 65536
#define MAX_STREAM_SID 64
// libwebsockets zeroes two words per possible descriptor at start, so the limit is bounded.
#define MAX_DESCRIPTORS 65536

/// A run of bytes inside the message that is being read; `at` is NULL when the key was not there.
struct span {
    const char *at;
    size_t length;
};

/// One call.
struct call {
    char stream_sid[MAX_STREAM_SID + 1];
    // A message that came in parts, until it is whole.
    char *partial;
    size_t partial_length;
    // Answers that the socket did not take yet: a 4-byte length and the text, again and again.
    char *waiting;
    size_t waiting_length;
};

/// What the scanner takes from one message.
struct message {
    struct span event, stream_sid, payload;
};

static int16_t pcm_of_mulaw[256];
static int8_t value_of_digit[256];
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char out_buffer[LWS_PRE + MAX_MESSAGE * 2];
static uint8_t audio[MAX_AUDIO + 4];
static int16_t samples[MAX_AUDIO + 4];

static struct lws_context *context;

// ---- G.711 and base64 ----

static uint8_t mulaw_of_pcm(int16_t sample) {
    int value = sample;
    int sign = 0;
    if (value < 0) {
        value = -value;
        sign = 0x80;
    }
    if (value > 32635) value = 32635;
    value += 132;
    int exponent = 24 - __builtin_clz((unsigned)value);
    return (uint8_t) ~(sign | exponent << 4 | (value >> (exponent + 3) & 0x0f));
}

static void fill_tables(void) {
    for (int code = 0; code < 256; code++) {
        int bits = ~code & 0xff;
        int magnitude = ((((bits & 0x0f) << 3) + 132) << (bits >> 4 & 7)) - 132;
        pcm_of_mulaw[code] = (int16_t)(bits & 0x80 ? -magnitude : magnitude);
    }
    memset(value_of_digit, -1, sizeof value_of_digit);
    for (int i = 0; i < 64; i++) value_of_digit[(uint8_t)digits[i]] = (int8_t)i;
}

/// - Returns: the number of bytes written to `to`, or -1 when `text` is not base64.
static int base64_decode(struct span text, uint8_t *to) {
    size_t length = text.length;
    while (length > 0 && text.length - length < 2 && text.at[length - 1] == '=') length--;
    if (length % 4 == 1) return -1;
    uint8_t *out = to;
    int bad = 0;
    size_t i = 0;
    for (; i + 4 <= length; i += 4) {
        int a = value_of_digit[(uint8_t)text.at[i]], b = value_of_digit[(uint8_t)text.at[i + 1]];
        int c = value_of_digit[(uint8_t)text.at[i + 2]], d = value_of_digit[(uint8_t)text.at[i + 3]];
        bad |= a | b | c | d;
        *out++ = (uint8_t)(a << 2 | b >> 4);
        *out++ = (uint8_t)(b << 4 | c >> 2);
        *out++ = (uint8_t)(c << 6 | d);
    }
    if (length - i >= 2) {
        int a = value_of_digit[(uint8_t)text.at[i]], b = value_of_digit[(uint8_t)text.at[i + 1]];
        bad |= a | b;
        *out++ = (uint8_t)(a << 2 | b >> 4);
        if (length - i == 3) {
            int c = value_of_digit[(uint8_t)text.at[i + 2]];
            bad |= c;
            *out++ = (uint8_t)(b << 4 | c >> 2);
        }
    }
    return bad < 0 ? -1 : (int)(out - to);
}

static char *base64_encode(const uint8_t *from, size_t count, char *to) {
    size_t i = 0;
    for (; i + 3 <= count; i += 3) {
        uint32_t v = (uint32_t)from[i] << 16 | (uint32_t)from[i + 1] << 8 | from[i + 2];
        *to++ = digits[v >> 18];
        *to++ = digits[v >> 12 & 63];
        *to++ = digits[v >> 6 & 63];
        *to++ = digits[v & 63];
    }
    if (i < count) {
        uint32_t v = (uint32_t)from[i] << 16 | (i + 1 < count ? (uint32_t)from[i + 1] << 8 : 0);
        *to++ = digits[v >> 18];
        *to++ = digits[v >> 12 & 63];
        *to++ = i + 1 < count ? digits[v >> 6 & 63] : '=';
        *to++ = '=';
    }
    return to;
}

// ---- JSON ----

static bool is(struct span s, const char *word) {
    size_t length = strlen(word);
    return s.at && s.length == length && memcmp(s.at, word, length) == 0;
}

/// Walks over one JSON object and remembers `event`, `streamSid` and `media.payload`, in whatever order they come.
/// - Returns: false when the text is not an object that closes.
static bool scan(const char *at, size_t length, struct message *message) {
    const char *end = at + length;
    struct span key = {0}, outer = {0};
    int depth = 0;
    bool value_follows = false;
    *message = (struct message){0};
    while (at < end) {
        char c = *at++;
        if (c == '"') {
            struct span text = {.at = at};
            while (at < end && *at != '"') at += *at == '\\' ? 2 : 1;
            if (at >= end) return false;
            text.length = (size_t)(at - text.at);
            at++;
            if (!value_follows) {
                key = text;
                continue;
            }
            value_follows = false;
            if (depth == 1 && is(key, "event")) message->event = text;
            else if (depth == 1 && is(key, "streamSid")) message->stream_sid = text;
            else if (depth == 2 && is(key, "payload") && is(outer, "media")) message->payload = text;
        } else if (c == ':') {
            value_follows = true;
        } else if (c == ',') {
            value_follows = false;
        } else if (c == '{' || c == '[') {
            if (++depth == 2) outer = key;
            value_follows = c == '[';
        } else if (c == '}' || c == ']') {
            value_follows = false;
            if (--depth == 0) return true;
        }
    }
    return false;
}

// ---- The call ----

static int write_now(struct lws *wsi, char *text, size_t length) {
    return lws_write(wsi, (unsigned char *)text, length, LWS_WRITE_TEXT) < (int)length ? -1 : 0;
}

/// Keeps an answer for a peer whose socket is full.
static void keep(struct lws *wsi, struct call *call, const char *text, size_t length) {
    uint32_t head = (uint32_t)length;
    if (call->waiting_length + sizeof head + length > MAX_WAITING) return;
    if (!call->waiting) call->waiting = malloc(MAX_WAITING);
    if (!call->waiting) return;
    memcpy(call->waiting + call->waiting_length, &head, sizeof head);
    memcpy(call->waiting + call->waiting_length + sizeof head, text, length);
    call->waiting_length += sizeof head + length;
    lws_callback_on_writable(wsi);
}

static int write_waiting(struct lws *wsi, struct call *call) {
    while (call->waiting_length > 0 && !lws_partial_buffered(wsi)) {
        uint32_t length;
        memcpy(&length, call->waiting, sizeof length);
        memcpy(out_buffer + LWS_PRE, call->waiting + sizeof length, length);
        call->waiting_length -= sizeof length + length;
        memmove(call->waiting, call->waiting + sizeof length + length, call->waiting_length);
        if (write_now(wsi, out_buffer + LWS_PRE, length)) return -1;
    }
    if (call->waiting_length > 0) lws_callback_on_writable(wsi);
    return 0;
}

static int answer_media(struct lws *wsi, struct call *call, struct span payload) {
    int count = base64_decode(payload, audio);
    if (count < 0) return 0;
    for (int i = 0; i < count; i++) samples[i] = pcm_of_mulaw[audio[i]];
    // Keeps the compiler from joining the two loops: a pipeline has the samples in memory between them.
    __asm__ volatile("" ::: "memory");
    for (int i = 0; i < count; i++) audio[i] = mulaw_of_pcm(samples[i]);

    char *text = out_buffer + LWS_PRE, *to = text;
    to = stpcpy(to, "{\"event\":\"media\",\"streamSid\":\"");
    to = stpcpy(to, call->stream_sid);
    to = stpcpy(to, "\",\"media\":{\"payload\":\"");
    to = base64_encode(audio, (size_t)count, to);
    to = stpcpy(to, "\"}}");
    size_t length = (size_t)(to - text);
    if (call->waiting_length == 0 && !lws_partial_buffered(wsi)) return write_now(wsi, text, length);
    keep(wsi, call, text, length);
    return 0;
}

/// - Returns: -1 to close the connection.
static int take_message(struct lws *wsi, struct call *call, const char *text, size_t length) {
    struct message message;
    if (!scan(text, length, &message)) return 0;
    if (is(message.event, "media")) {
        return message.payload.at && call->stream_sid[0] ? answer_media(wsi, call, message.payload) : 0;
    }
    if (is(message.event, "start") && message.stream_sid.at && message.stream_sid.length <= MAX_STREAM_SID) {
        memcpy(call->stream_sid, message.stream_sid.at, message.stream_sid.length);
        call->stream_sid[message.stream_sid.length] = 0;
    }
    // `connected` says nothing that an echo needs, and Twilio closes the connection itself after `stop`.
    return 0;
}

static int take_part(struct lws *wsi, struct call *call, const char *part, size_t length) {
    bool whole = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    if (whole && call->partial_length == 0) return take_message(wsi, call, part, length);
    if (call->partial_length + length > MAX_MESSAGE) return -1;
    if (!call->partial) call->partial = malloc(MAX_MESSAGE);
    if (!call->partial) return -1;
    memcpy(call->partial + call->partial_length, part, length);
    call->partial_length += length;
    if (!whole) return 0;
    length = call->partial_length;
    call->partial_length = 0;
    return take_message(wsi, call, call->partial, length);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
    struct call *call = user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: memset(call, 0, sizeof *call); return 0;
    case LWS_CALLBACK_RECEIVE: return take_part(wsi, call, in, length);
    case LWS_CALLBACK_SERVER_WRITEABLE: return write_waiting(wsi, call);
    case LWS_CALLBACK_CLOSED:
        free(call->partial);
        free(call->waiting);
        return 0;
    default: return lws_callback_http_dummy(wsi, reason, user, in, length);
    }
}

static void on_signal(void *handle, int number) {
    (void)handle;
    (void)number;
    lws_context_destroy(context);
}

int main(int count, char **arguments) {
    int port = 0;
    if (count == 3 && strcmp(arguments[1], "--port") == 0) {
        char *end;
        port = (int)strtol(arguments[2], &end, 10);
        if (*end || port < 0 || port > 65535) port = -1;
    } else if (count != 1) {
        port = -1;
    }
    if (port < 0) {
        fprintf(stderr, "usage: yardstick [--port N]   (0 lets the kernel choose)\n");
        return 64;
    }

    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < MAX_DESCRIPTORS ? limit.rlim_max : MAX_DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
    fill_tables();

    const struct lws_protocols protocols[] = {
        {.name = "echo", .callback = on_event, .per_session_data_size = sizeof(struct call), .tx_packet_size = 65536},
        {0},
    };
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .signal_cb = on_signal,
    };
    lws_set_log_level(LLL_ERR, NULL);
    context = lws_create_context(&info);
    if (!context) {
        fprintf(stderr, "yardstick: libwebsockets did not start; is libwebsockets-evlib-uv installed?\n");
        return 1;
    }
    struct lws_context_creation_info host = {.port = port, .iface = "127.0.0.1", .protocols = protocols};
    struct lws_vhost *vhost = lws_create_vhost(context, &host);
    if (!vhost || lws_get_vhost_listen_port(vhost) <= 0) {
        fprintf(stderr, "yardstick: cannot listen on 127.0.0.1:%d\n", port);
        return 1;
    }
    printf("listening on http://127.0.0.1:%d\n", lws_get_vhost_listen_port(vhost));
    fflush(stdout);
    lws_service(context, 0);
    lws_context_destroy(context);
    return 0;
}
