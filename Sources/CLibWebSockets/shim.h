#pragma once
#include <libwebsockets.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

// MessageBuffer keeps 16 bytes free in front of a message; libwebsockets writes its frame header there.
_Static_assert(LWS_PRE == 16, "MessageBuffer.headroom must equal LWS_PRE");

// A timer of the loop: the list node first, so that the node's address is the timer's.
typedef struct {
    lws_sorted_usec_list_t sul;
    void *user;
} lwsx_timer_t;

static inline void lwsx_timer_schedule(struct lws_context *context, lwsx_timer_t *timer, sul_cb_t callback, int64_t microseconds) {
    lws_sul_schedule(context, 0, &timer->sul, callback, microseconds);
}

static inline void lwsx_timer_cancel(lwsx_timer_t *timer) { lws_sul_cancel(&timer->sul); }

static inline void *lwsx_timer_user(lws_sorted_usec_list_t *sul) { return ((lwsx_timer_t *)sul)->user; }

// Watches a descriptor that the program reads and writes itself; libwebsockets closes it at the end.
static inline struct lws *lwsx_adopt_file(struct lws_vhost *vhost, int fd, const char *protocol, void *opaque) {
    lws_adopt_desc_t info;
    memset(&info, 0, sizeof(info));
    info.vh = vhost;
    info.type = LWS_ADOPT_RAW_FILE_DESC;
    info.fd.filefd = fd;
    info.vh_prot_name = protocol;
    info.opaque = opaque;
    return lws_adopt_descriptor_vhost_via_info(&info);
}

// Declared only with _GNU_SOURCE, which would give fd_set another shape than the Glibc module's.
int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);

static inline int lwsx_accept(int fd, struct sockaddr *address, socklen_t *length) {
    return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline int lwsx_stream_socket(int family) { return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

static inline int lwsx_socket_pair(int *pair) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair); }

static inline int lwsx_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 0); }

// Whether the other end of a socket pair has closed, not only ended one direction.
static inline int lwsx_has_hung_up(int fd) {
    struct pollfd entry = {.fd = fd, .events = 0};
    return poll(&entry, 1, 0) > 0 && (entry.revents & (POLLHUP | POLLERR)) != 0;
}
