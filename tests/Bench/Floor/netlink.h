/* Netlink by hand: messages are written one after another into a batch, which is sent whole. Any error ends the program. */
#ifndef NETLINK_H
#define NETLINK_H

#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>

struct batch {
	int socket;
	uint32_t sequence;
	uint32_t awaited;
	size_t length;
	struct nlmsghdr *message; /* the one being written */
	_Alignas(8) unsigned char bytes[256 * 1024];
};

/* Ends the program with the errno's text. */
_Noreturn void die(const char *what);

/* A socket in the namespace that the program is in now. */
void netlink_open(struct batch *batch, int protocol);

/* The next message, with the header of its family. */
void message(struct batch *batch, uint16_t type, uint16_t flags, const void *header, size_t size);

void attribute(struct batch *batch, uint16_t type, const void *value, size_t size);
void attribute_text(struct batch *batch, uint16_t type, const char *text);
void attribute_number(struct batch *batch, uint16_t type, uint32_t number);

/* What is written until nest_end is inside. */
size_t nest(struct batch *batch, uint16_t type);
void nest_end(struct batch *batch, size_t start);

/* The message just written is the one whose answer netlink_send waits for. */
void await_this(struct batch *batch);
void netlink_send(struct batch *batch);

#endif
