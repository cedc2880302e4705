namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>What stands before an argument (<c>Request</c>) and before an answer (<c>Response</c>) in Go's net/rpc.</summary>
internal sealed record CallHeader(string Method, ulong Sequence, string Error = "")
{
    private static readonly GobType Request = GobType.Struct(64, "Request", ("ServiceMethod", GobType.String), ("Seq", GobType.UInt));
    private static readonly GobType Response =
        GobType.Struct(64, "Response", ("ServiceMethod", GobType.String), ("Seq", GobType.UInt), ("Error", GobType.String));
    private static readonly GobType Nothing = GobType.Struct(75, "");

    /// <summary>What a client says before the first gob, by HTTP.</summary>
    public static ReadOnlySpan<byte> Connect => "CONNECT /_goRPC_ HTTP/1.0\n\n"u8;

    /// <summary>What a server answers to it.</summary>
    public static ReadOnlySpan<byte> Connected => "HTTP/1.0 200 Connected to Go RPC\n\n"u8;

    public static CallHeader Read(GobStruct value) => new(value.Text("ServiceMethod"), value.Unsigned("Seq"), value.Text("Error"));

    public void WriteRequest(GobWriter to) => Write(to, Request);

    public void WriteResponse(GobWriter to) => Write(to, Response);

    /// <summary>The answer of a method without one, and what takes its place after an error.</summary>
    public static void WriteNothing(GobWriter to) => to.Write(Nothing, static _ => { });

    private void Write(GobWriter to, GobType type) => to.Write(type, body =>
    {
        body.Text(0, Method);
        body.Unsigned(1, Sequence);
        body.Text(2, Error);
    });
}
