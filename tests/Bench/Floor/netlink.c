#include "netlink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

_Noreturn void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

void netlink_open(struct batch *batch, int protocol)
{
	batch->socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (batch->socket < 0)
		die("socket");
}

static void append(struct batch *batch, const void *bytes, size_t size)
{
	size_t padded = NLMSG_ALIGN(size);

	if (batch->length + padded > sizeof(batch->bytes)) {
		errno = EMSGSIZE;
		die("batch");
	}
	memcpy(batch->bytes + batch->length, bytes, size);
	memset(batch->bytes + batch->length + size, 0, padded - size);
	batch->length += padded;
	batch->message->nlmsg_len = (unsigned char *)batch->bytes + batch->length - (unsigned char *)batch->message;
}

void message(struct batch *batch, uint16_t type, uint16_t flags, const void *header, size_t size)
{
	struct nlmsghdr start = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = ++batch->sequence };

	batch->message = (struct nlmsghdr *)(batch->bytes + batch->length);
	append(batch, &start, sizeof(start));
	append(batch, header, size);
}

void attribute(struct batch *batch, uint16_t type, const void *value, size_t size)
{
	struct nlattr head = { .nla_len = NLA_HDRLEN + size, .nla_type = type };

	append(batch, &head, sizeof(head));
	append(batch, value, size);
}

void attribute_text(struct batch *batch, uint16_t type, const char *text)
{
	attribute(batch, type, text, strlen(text) + 1);
}

void attribute_number(struct batch *batch, uint16_t type, uint32_t number)
{
	attribute(batch, type, &number, sizeof(number));
}

size_t nest(struct batch *batch, uint16_t type)
{
	size_t start = batch->length;

	attribute(batch, type | NLA_F_NESTED, "", 0);
	return start;
}

void nest_end(struct batch *batch, size_t start)
{
	((struct nlattr *)(batch->bytes + start))->nla_len = batch->length - start;
}

void await_this(struct batch *batch)
{
	batch->message->nlmsg_flags |= NLM_F_ACK;
	batch->awaited = batch->message->nlmsg_seq;
}

void netlink_send(struct batch *batch)
{
	_Alignas(8) static unsigned char answer[64 * 1024];

	if (send(batch->socket, batch->bytes, batch->length, 0) < 0)
		die("send");
	batch->length = 0;
	for (;;) {
		ssize_t size = recv(batch->socket, answer, sizeof(answer), 0);
		if (size < 0)
			die("recv");
		for (struct nlmsghdr *m = (struct nlmsghdr *)answer; NLMSG_OK(m, size); m = NLMSG_NEXT(m, size)) {
			const struct nlmsgerr *end = NLMSG_DATA(m);
			if (m->nlmsg_type != NLMSG_ERROR)
				continue;
			if (end->error != 0) {
				errno = -end->error;
				die("kernel");
			}
			if (m->nlmsg_seq == batch->awaited)
				return;
		}
	}
}
