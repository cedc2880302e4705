namespace CniPlugins.Tests.Support;

/// <summary>Figures of a test that a script runs for their sake: in the test's output, and in the file that the script names (CNI_PLUGINS_REPORT).</summary>
internal static class Report
{
    public static void Line(string text)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        if (Environment.GetEnvironmentVariable("CNI_PLUGINS_REPORT") is { Length: > 0 } file)
            File.AppendAllText(file, text + "\n");
    }

    /// <summary>A number that a script may set, else the test's own.</summary>
    public static int Setting(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) && number > 0 ? number : otherwise;
}
