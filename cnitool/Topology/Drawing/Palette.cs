namespace CniPlugins.Cnitool.Topology.Drawing;

/// <summary>The colours of the drawing: dark on light, each meaning one thing.</summary>
internal static class Palette
{
    public const string Page = "#f6f8fa";
    public const string Host = "#ffffff";
    public const string Frame = "#8c959f";
    public const string Group = "#f6f8fa";
    public const string GroupFrame = "#d0d7de";
    public const string Line = "#57606a";
    public const string Text = "#1f2328";
    public const string Muted = "#57606a";
    public const string OnDark = "#ffffff";
    public const string Uplink = "#1a7f37";
    public const string Bridge = "#0969da";
    public const string Routed = "#6639ba";
    public const string Other = "#57606a";
    public const string Warning = "#9a6700";
    public const string Error = "#cf222e";

    public static (string Fill, string Stroke, string Text) Port => ("#fff8c5", "#d4a72c", "#4d2d00");

    public static (string Fill, string Stroke, string Text) Masquerade => ("#dafbe1", "#4ac26b", "#0f4a1e");

    public static (string Fill, string Stroke, string Text) Limit => ("#ddf4ff", "#54aeff", "#0a3069");

    /// <summary>A pod's box: fill, border, and whether the border is dashed.</summary>
    public static (string Fill, string Stroke, bool Dashed) Pod(AttachmentState state) => state switch
    {
        AttachmentState.Gone => ("#ffebe9", Error, true),
        AttachmentState.Leaked => ("#fff8e5", Warning, true),
        AttachmentState.Unread => ("#ffffff", Frame, true),
        _ => ("#ffffff", Frame, false),
    };
}
