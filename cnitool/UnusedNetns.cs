using System.CommandLine;

namespace CniPlugins.Cnitool;

/// <summary>The namespace that upstream's <c>gc</c> and <c>status</c> are given and do not use. Only a path is taken for one.</summary>
internal static class UnusedNetns
{
    /// <summary>An argument that refuses all but a path.</summary>
    public static Argument<string?> Create()
    {
        var argument = new Argument<string?>("netns") { Description = "accepted for upstream's command lines; not used", Arity = ArgumentArity.ZeroOrOne };
        argument.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !token.Value.Contains('/', StringComparison.Ordinal))
                result.AddError($"unknown argument '{token.Value}'");
        });
        return argument;
    }
}
