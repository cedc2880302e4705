using CniPlugins.Ipam.Dhcp.Packets;
using CniPlugins.Net;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>A server's message, as its bytes too, and the neighbour that it came from.</summary>
internal sealed record Answer(DhcpMessage Message, IpAddress Server, byte[] Bytes, byte[] NextHop);
