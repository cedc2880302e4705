using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>
/// Who reaches whom through masquerade and host ports, and as whom: the pages of tests/Data/matrix are what Debian's plugins (iptables) answer,
/// and every implementation that is here has to answer the same, connection by connection. CNI_PLUGINS_RECORD=1 writes the pages anew.
/// </summary>
public sealed class MatrixTests
{
    public static TheoryData<string> Pages => ["bridge", "bridge-hairpin", "bridge-nf", "bridge-nf-hairpin", "bridge-nosnat", "bridge-nf-nosnat", "ptp"];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Debians_plugins_answer_as_the_page_says(string page) => Compare(page, CniCall.UpstreamBin, backend: "");

    [Theory]
    [MemberData(nameof(Pages))]
    public void Our_plugins_answer_as_the_page_says(string page) => Compare(page, bin: null, backend: "");

    [Theory]
    [MemberData(nameof(Pages))]
    public void Our_plugins_with_iptables_answer_as_the_page_says(string page) => Compare(page, bin: null, backend: "iptables");

    private static void Compare(string page, string? bin, string backend)
    {
        var file = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "tests", "Data", "matrix", $"{page}.txt"));
        var record = bin == CniCall.UpstreamBin && Environment.GetEnvironmentVariable("CNI_PLUGINS_RECORD") == "1";
        var setting = MatrixSetting.Of(page);
        using var network = new MatrixNetwork(setting, bin, backend);
        var expected = record ? "" : File.ReadAllText(file);
        var answers = MatrixTable.Fill(network, setting, expected);
        if (record)
            File.WriteAllText(file, answers);
        else
            Assert.True(answers == expected, $"{page}:\n{Differences(expected, answers)}");
    }

    private static string Differences(string expected, string answers) => string.Join('\n', expected.Split('\n').Zip(answers.Split('\n'))
        .Where(line => line.First != line.Second).Select(line => $"expected: {line.First}\n answered: {line.Second}"));
}
