namespace CniPlugins.Cnitool.Collection;

/// <summary>One thing that an attachment has left on this host.</summary>
/// <param name="What">The thing: <c>address 10.1.0.5</c>, <c>veth1a2b3c4d</c>, <c>port 8080/tcp</c>.</param>
/// <param name="Owner">Whose it is: <c>CONTAINERID/IFNAME</c>.</param>
/// <param name="Why">Why nobody needs it any more.</param>
internal sealed record Remnant(string What, string Owner, string Why)
{
    public override string ToString() => $"{What} of {Owner}: {Why}";
}
