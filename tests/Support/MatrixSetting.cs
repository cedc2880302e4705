namespace CniPlugins.Tests.Support;

/// <summary>One page of the matrix: what is the same for all its connections.</summary>
/// <param name="BridgeNetfilter">bridge-nf-call-iptables: whether frames inside a bridge go through the rules as well.</param>
internal sealed record MatrixSetting(string Main, int BridgeNetfilter, bool Hairpin, bool Snat = true)
{
    public static MatrixSetting Of(string file) => file switch
    {
        "bridge" => new("bridge", 0, Hairpin: false),
        "bridge-hairpin" => new("bridge", 0, Hairpin: true),
        "bridge-nf" => new("bridge", 1, Hairpin: false),
        "bridge-nf-hairpin" => new("bridge", 1, Hairpin: true),
        "bridge-nosnat" => new("bridge", 0, Hairpin: true, Snat: false),
        "bridge-nf-nosnat" => new("bridge", 1, Hairpin: true, Snat: false),
        "ptp" => new("ptp", 0, Hairpin: false),
        _ => throw new ArgumentOutOfRangeException(nameof(file)),
    };

    public override string ToString() =>
        $"{Main}, ipMasq, portmap; bridge-nf-call-iptables {BridgeNetfilter}, hairpinMode {(Hairpin ? "true" : "false")}, snat {(Snat ? "true" : "false")}";
}
