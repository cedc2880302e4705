using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>A C compiler compares every constant and every struct with the headers they were transcribed from.</summary>
public sealed partial class UapiTests
{
    private const BindingFlags Constants = BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly;
    private const BindingFlags Fields = BindingFlags.Public | BindingFlags.Instance;

    public static TheoryData<string> Files() =>
        [.. from file in Directory.EnumerateFiles(Path.Combine(Root(), "common"), "*.cs", SearchOption.AllDirectories)
            let name = Path.GetRelativePath(Root(), file)
            where name.Contains("/Uapi/", StringComparison.Ordinal) || LibcFile().IsMatch(name)
            select name];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_transcribed_header_says_what_the_header_says(string file)
    {
        var source = File.ReadAllText(Path.Combine(Root(), file));
        var claims = Claims(file, source).ToList();
        Assert.True(claims.Count > 0 || !source.Contains("const ", StringComparison.Ordinal), $"{file}: nothing to compare");

        CHeaders.Compare(HeaderLine().Match(source).Groups[1].Value.Split(", "), claims);
    }

    [Fact]
    public void Nothing_that_is_transcribed_escapes_the_comparison()
    {
        var claims = Files().SelectMany(row => Claims(row.Data, File.ReadAllText(Path.Combine(Root(), row.Data)))).Distinct().ToList();
        var types = typeof(Libc).Assembly.GetTypes().Where(type => type.Namespace?.EndsWith(".Uapi", StringComparison.Ordinal) == true).ToList();
        var expected = types.Sum(type => type.IsEnum ? Enum.GetNames(type).Length : 1 + type.GetFields(Fields).Length)
            + typeof(Libc).GetFields(Constants).Count(field => field.IsLiteral);
        Assert.True(types.Count > 30, $"only {types.Count} types");
        Assert.True(claims.Count >= expected && claims.Count > 400, $"{claims.Count} claims for {expected} things");
    }

    /// <summary>The C expressions that must be true of one of our files.</summary>
    private static IEnumerable<string> Claims(string file, string source)
    {
        if (!LibcFile().IsMatch(file))
            return Declaration().Matches(source).SelectMany(match => OfType(match.Groups[1].Value, NamespaceOf(source)));

        var constants = from match in Constant().Matches(source)
                        let field = typeof(Libc).GetField(match.Groups[1].Value, Constants)!
                        select $"{field.Name} == {Number(field.GetRawConstantValue()!)}";
        var structs = from match in LibcStruct().Matches(source)
                      let type = typeof(Libc).GetNestedType(match.Groups[2].Value, BindingFlags.Public)!
                      from claim in OfStruct(match.Groups[1].Value, type)
                      select claim;
        return constants.Concat(structs);
    }

    private static IEnumerable<string> OfType(string name, string @namespace)
    {
        var type = typeof(Libc).Assembly.GetType($"{@namespace}.{name}", throwOnError: true)!;
        return type.IsEnum
            ? Enum.GetNames(type).Select(member => $"{name}_{member} == {Number(Convert.ChangeType(Enum.Parse(type, member), Enum.GetUnderlyingType(type)))}")
            : OfStruct($"struct {name}", type);
    }

    private static IEnumerable<string> OfStruct(string name, Type type) =>
    [
        $"sizeof({name}) == {Marshal.SizeOf(type)}",
        .. type.GetFields(Fields).Select(field => $"offsetof({name}, {field.Name}) == {Marshal.OffsetOf(type, field.Name)}"),
    ];

    private static string NamespaceOf(string source) => NamespaceLine().Match(source).Groups[1].Value;

    private static string Number(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));

    [GeneratedRegex(@"/Libc\.\w+\.cs$")]
    private static partial Regex LibcFile();

    [GeneratedRegex(@"^internal (?:enum|struct) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^    public const \w+ (\w+) =", RegexOptions.Multiline)]
    private static partial Regex Constant();

    [GeneratedRegex(@"<c>((?:struct )?\w+)</c>[^\n]*\n\s*(?:\[[^\n]*\n\s*)?public (?:unsafe )?struct (\w+)", RegexOptions.Multiline)]
    private static partial Regex LibcStruct();

    [GeneratedRegex(@"^// (\S+\.h(?:, \S+\.h)*)", RegexOptions.Multiline)]
    private static partial Regex HeaderLine();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
