using CniPlugins.Linux;

namespace CniPlugins.Http;

/// <summary>A certificate or key as PEM text: in a file, or given.</summary>
/// <param name="Name">The file, or what it is called in errors.</param>
/// <param name="Content">The text, when it is not to be read from the file.</param>
internal sealed record Pem(string Name, string? Content = null)
{
    /// <summary>A file, unless nobody names one.</summary>
    public static Pem? File(string? path) => string.IsNullOrEmpty(path) ? null : new Pem(path);

    /// <summary>The text; throws <see cref="HttpFailure"/> that names the file.</summary>
    public string Read()
    {
        if (Content is not null)
            return Content;
        try
        {
            return System.Text.Encoding.UTF8.GetString(DiskFile.Read(Name) ?? throw Wrong($"{Name} does not exist", null));
        }
        catch (LibcException e)
        {
            throw Wrong(e.Message, e);
        }
    }

    public static HttpFailure Wrong(string message, Exception? cause) =>
        new(message, "PEM text is expected", mayHaveArrived: false, mayPass: false, cause);
}
