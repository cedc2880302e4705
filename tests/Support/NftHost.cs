using CniPlugins.Linux;
using CniPlugins.Nftables;

namespace CniPlugins.Tests.Support;

/// <summary>A sandbox with our socket in it and nft beside it as the judge.</summary>
internal sealed class NftHost : IDisposable
{
    private readonly Sandbox _sandbox = new();
    private readonly Netns _netns;

    public NftHost()
    {
        Assert.SkipUnless(Tool.Exists("nft"), "there is no nft");
        _netns = _sandbox.OpenHost();
        Socket = _netns.Run(NftSocket.OpenHere);
    }

    public Sandbox Sandbox => _sandbox;

    public Netns Netns => _netns;

    public NftSocket Socket { get; }

    /// <summary>nft …, in the host.</summary>
    public string Nft(string command) => _sandbox.InHost("nft", command.Split(' '));

    /// <summary>nft -f, in the host.</summary>
    public void Load(string ruleset)
    {
        var file = Path.Combine(_sandbox.Directory, "ruleset.nft");
        File.WriteAllText(file, ruleset);
        Nft($"-f {file}");
    }

    /// <summary>The rules of a chain as nft prints them.</summary>
    public string[] Rules(Chain chain) =>
    [
        .. from line in Nft($"list {chain}").Split('\n')
           where line.StartsWith("\t\t", StringComparison.Ordinal) && !line.StartsWith("\t\ttype ", StringComparison.Ordinal)
           select line.Trim(),
    ];

    public void Dispose()
    {
        Socket.Dispose();
        _netns.Dispose();
        _sandbox.Dispose();
    }
}
