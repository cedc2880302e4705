namespace CniPlugins.Linux;

/// <summary>Which IPv4 packets a <see cref="LinkSocket"/> hears: a program that the kernel runs on each (linux/filter.h, bpf_asm(1)).</summary>
internal sealed class PacketFilter
{
    private const byte Udp = 17;
    private const uint FragmentBits = 0x3fff; // more fragments, and the offset
    private const uint UdpSize = 8;

    private PacketFilter(params Libc.sock_filter[] steps) => Steps = steps;

    internal Libc.sock_filter[] Steps { get; }

    /// <summary>tcpdump 'udp dst port PORT and udp[8+OFFSET:4] == VALUE', no fragments; longer ones than the limit are cut.</summary>
    public static PacketFilter UdpWith(ushort port, uint offset, uint value, uint limit) => new(
        Step(Libc.BPF_LD | Libc.BPF_B | Libc.BPF_ABS, 9),
        Jump(Libc.BPF_JEQ, Udp, 0, 7),
        Step(Libc.BPF_LD | Libc.BPF_H | Libc.BPF_ABS, 6),
        Jump(Libc.BPF_JSET, FragmentBits, 5, 0),
        Step(Libc.BPF_LDX | Libc.BPF_B | Libc.BPF_MSH, 0),
        Step(Libc.BPF_LD | Libc.BPF_H | Libc.BPF_IND, 2),
        Jump(Libc.BPF_JEQ, port, 0, 2),
        Step(Libc.BPF_LD | Libc.BPF_W | Libc.BPF_IND, UdpSize + offset),
        Jump(Libc.BPF_JEQ, value, 1, 0),
        Step(Libc.BPF_RET, 0),
        Step(Libc.BPF_RET, limit));

    private static Libc.sock_filter Step(int code, uint operand) => new() { code = (ushort)code, k = operand };

    private static Libc.sock_filter Jump(int condition, uint operand, byte ifTrue, byte ifFalse) =>
        new() { code = (ushort)(Libc.BPF_JMP | condition), k = operand, jt = ifTrue, jf = ifFalse };
}
