using System.Globalization;
using System.Text;

namespace CniPlugins.Tests.Support;

/// <summary>The system's C headers, as a C compiler reads them.</summary>
internal static class CHeaders
{
    /// <summary>
    /// Every claim, a C expression, must be true once the headers are included; skips where there is no compiler, or a header
    /// is missing.
    /// </summary>
    public static void Compare(IEnumerable<string> headers, IEnumerable<string> claims)
    {
        Assert.SkipUnless(Tool.Exists("cc"), "there is no C compiler");
        var program = new StringBuilder("#define _GNU_SOURCE\n#include <stddef.h>\n");
        foreach (var header in headers)
            program.Append(CultureInfo.InvariantCulture, $"#include <{header}>\n");
        foreach (var claim in claims)
            program.Append(CultureInfo.InvariantCulture, $"_Static_assert({claim}, \"\");\n");

        string[] options = ["-x", "c", "-std=gnu11", "-fsyntax-only", "-w", "-"];
        var result = Tool.Try("cc", options, Encoding.UTF8.GetBytes(program.ToString()), environment: null);
        var isMissing = result.Error.Contains("No such file or directory", StringComparison.Ordinal);
        Assert.SkipWhen(isMissing, $"headers are missing: {result.Error}");
        Assert.True(result.ExitCode == 0, result.Error);
    }
}
