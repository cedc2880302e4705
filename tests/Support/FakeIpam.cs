namespace CniPlugins.Tests.Support;

/// <summary>An address plugin that says what the test wants: a shell script called <c>fake</c>, which remembers how it was called.</summary>
internal sealed class FakeIpam
{
    public const string Conf = """ "ipam":{"type":"fake"}""";

    private readonly string _directory;

    /// <summary>Answers every ADD with this text and exit status.</summary>
    public FakeIpam(Sandbox host, string answer, int exitCode = 0)
    {
        _directory = Directory.CreateDirectory(Path.Combine(host.Directory, "fake-bin")).FullName;
        File.WriteAllText(Path.Combine(_directory, "answer"), answer);
        var script = Path.Combine(_directory, "fake");
        File.WriteAllText(script, $"""
            #!/bin/sh
            echo "$CNI_COMMAND" >>{_directory}/calls
            cat >{_directory}/stdin
            [ "$CNI_COMMAND" = ADD ] || exit 0
            cat {_directory}/answer
            exit {exitCode}

            """);
        Tool.Run("chmod", "+x", script);
    }

    /// <summary>Lines of shell for every verb, after it has read its input.</summary>
    public void InsertBeforeAnswer(string lines)
    {
        var script = Path.Combine(_directory, "fake");
        File.WriteAllText(script, File.ReadAllText(script).Replace("[ \"$CNI_COMMAND\" = ADD ] || exit 0", $"{lines}\n[ \"$CNI_COMMAND\" = ADD ] || exit 0", StringComparison.Ordinal));
    }

    /// <summary>CNI_PATH with the script in front.</summary>
    public string CniPath => $"{_directory}:{CniCall.OurBin}";

    /// <summary>The verbs it was asked so far.</summary>
    public string[] Calls => File.Exists(Path.Combine(_directory, "calls")) ? File.ReadAllLines(Path.Combine(_directory, "calls")) : [];

    /// <summary>The configuration it was given last.</summary>
    public string Stdin => File.ReadAllText(Path.Combine(_directory, "stdin"));

    /// <summary>One IPv4 address of 10.1.0.0/24 with its gateway, and these routes.</summary>
    public static string OneAddress(string address = "10.1.0.2/24", string routes = "[]") =>
        $$"""{"cniVersion":"1.0.0","ips":[{"address":"{{address}}","gateway":"10.1.0.1"}],"routes":{{routes}}}""";
}
