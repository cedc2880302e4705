#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

void sysctl_write(const char *family, const char *interface, const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, interface, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die(path);
	close(fd);
}

/* ip link add VETH up [master BRIDGE] type veth peer name eth0 netns POD */
static void veth_add(struct batch *host, const struct attachment *a, unsigned master)
{
	struct ifinfomsg up = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct ifinfomsg peer = { 0 };
	int netns = open(a->netns, O_RDONLY | O_CLOEXEC);
	size_t info, data, other;

	if (netns < 0)
		die(a->netns);
	message(host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof(up));
	attribute_text(host, IFLA_IFNAME, a->veth);
	attribute_number(host, IFLA_TXQLEN, 0);
	if (master)
		attribute_number(host, IFLA_MASTER, master);
	info = nest(host, IFLA_LINKINFO);
	attribute_text(host, IFLA_INFO_KIND, "veth");
	data = nest(host, IFLA_INFO_DATA);
	other = host->length;
	attribute(host, VETH_INFO_PEER | NLA_F_NESTED, &peer, sizeof(peer)); /* the attributes follow its header */
	attribute_text(host, IFLA_IFNAME, "eth0");
	attribute_number(host, IFLA_NET_NS_FD, netns);
	nest_end(host, other);
	nest_end(host, data);
	nest_end(host, info);
	await_this(host);
	netlink_send(host);
	close(netns);
	sysctl_write("ipv6", a->veth, "accept_ra", "0");
	sysctl_write("ipv6", a->veth, "accept_redirects", "0");
	sysctl_write("ipv4", a->veth, "accept_redirects", "0");
}

static void alias(struct batch *host, const struct attachment *a)
{
	struct ifinfomsg head = { 0 };

	message(host, RTM_NEWLINK, 0, &head, sizeof(head));
	attribute_text(host, IFLA_IFNAME, a->veth);
	attribute_text(host, IFLA_IFALIAS, PROVENANCE);
}

void bridge_add(struct batch *host, const struct attachment *a, const char *bridge)
{
	unsigned master = if_nametoindex(bridge);
	size_t info, data;

	if (!master)
		die(bridge);
	veth_add(host, a, master);
	alias(host, a);
	info = nest(host, IFLA_LINKINFO);
	attribute_text(host, IFLA_INFO_SLAVE_KIND, "bridge");
	data = nest(host, IFLA_INFO_SLAVE_DATA);
	attribute(host, IFLA_BRPORT_MODE, "", 1);
	attribute(host, IFLA_BRPORT_ISOLATED, "", 1);
	nest_end(host, data);
	nest_end(host, info);
	await_this(host);
	netlink_send(host);
}

static void address(struct batch *in, unsigned index, const uint8_t *ip, uint8_t prefix, uint32_t flags)
{
	struct ifaddrmsg head = { .ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = index };
	uint8_t broadcast[4] = { ip[0], ip[1], 255, 255 };

	message(in, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	attribute(in, IFA_LOCAL, ip, 4);
	attribute(in, IFA_ADDRESS, ip, 4);
	if (prefix < 32)
		attribute(in, IFA_BROADCAST, broadcast, 4);
	if (flags)
		attribute_number(in, IFA_FLAGS, flags);
}

static void eth0_up(struct batch *pod)
{
	struct ifinfomsg up = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	message(pod, RTM_NEWLINK, 0, &up, sizeof(up));
	attribute_text(pod, IFLA_IFNAME, "eth0");
}

/* ip route add TO/PREFIX scope SCOPE dev INDEX [via VIA] [src SOURCE]; the prefix is 16 or 32 */
static void route(struct batch *in, unsigned index, uint8_t scope, const uint8_t *to, uint8_t prefix, const uint8_t *via, const uint8_t *source)
{
	struct rtmsg head = {
		.rtm_family = AF_INET, .rtm_dst_len = prefix, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT, .rtm_scope = scope, .rtm_type = RTN_UNICAST,
	};
	uint8_t network[4] = { to[0], to[1], prefix == 32 ? to[2] : 0, prefix == 32 ? to[3] : 0 };

	message(in, RTM_NEWROUTE, NLM_F_CREATE, &head, sizeof(head));
	attribute(in, RTA_DST, network, 4);
	attribute_number(in, RTA_OIF, index);
	if (via)
		attribute(in, RTA_GATEWAY, via, 4);
	if (source)
		attribute(in, RTA_PREFSRC, source, 4);
}

void bridge_pod_add(struct batch *pod, const struct attachment *a)
{
	sysctl_write("ipv6", "eth0", "accept_dad", "0");
	sysctl_write("ipv4", "eth0", "arp_notify", "1");
	address(pod, if_nametoindex("eth0"), a->address, 16, 0);
	eth0_up(pod);
	await_this(pod);
	netlink_send(pod);
}

void ptp_pod_add(struct batch *pod, const struct attachment *a)
{
	unsigned index = if_nametoindex("eth0");

	sysctl_write("ipv6", "eth0", "accept_dad", "0");
	address(pod, index, a->address, 16, IFA_F_NOPREFIXROUTE);
	eth0_up(pod);
	route(pod, index, RT_SCOPE_LINK, a->gateway, 32, NULL, a->address);
	route(pod, index, RT_SCOPE_UNIVERSE, a->gateway, 16, a->gateway, a->address);
	await_this(pod);
	netlink_send(pod);
}

void ptp_add(struct batch *host, const struct attachment *a)
{
	unsigned index;

	veth_add(host, a, 0);
	sysctl_write("ipv6", a->veth, "accept_dad", "0");
	index = if_nametoindex(a->veth);
	alias(host, a);
	address(host, index, a->gateway, 32, 0);
	route(host, index, RT_SCOPE_HOST, a->address, 32, NULL, NULL);
	await_this(host);
	netlink_send(host);
}

void link_del(struct batch *in, const char *name)
{
	struct ifinfomsg head = { 0 };

	message(in, RTM_DELLINK, 0, &head, sizeof(head));
	attribute_text(in, IFLA_IFNAME, name);
	await_this(in);
	netlink_send(in);
}

void loopback_set(struct batch *pod, int up)
{
	struct ifinfomsg head = { .ifi_index = 1, .ifi_flags = up ? IFF_UP : 0, .ifi_change = IFF_UP };

	message(pod, RTM_NEWLINK, 0, &head, sizeof(head));
	await_this(pod);
	netlink_send(pod);
}
