using System.CommandLine;
using System.Text;
using CniPlugins.Cni;
using CniPlugins.Net;

namespace CniPlugins.Cnitool.Addresses;

/// <summary><c>cnitool ipam show</c>: how full every range or pool is, its blocks, its addresses, or one address.</summary>
internal sealed class ShowCommand(StateOptions states, Terminal terminal, TextWriter output)
{
    private readonly Argument<string?> _network = new("network") { Description = "name of a network in NETCONFPATH (default: all)", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _blocks = new("--show-blocks") { Description = "the blocks of every pool, and whose they are" };
    private readonly Option<bool> _addresses = new("--show-addresses") { Description = "every address that is taken, and whose it is" };
    private readonly Option<string?> _ip = new("--ip") { Description = "only this address; exit code 1 when nobody has it", HelpName = "ADDRESS" };
    private readonly Option<bool> _json = new("--json") { Description = "print a JSON array, an object for each network" };

    public Command Create()
    {
        var command = new Command(
            "show",
            """
            Shows how many addresses are used, and by whom. Changes nothing.

            Example:
              cnitool ipam show pods --show-blocks
              cnitool ipam show pods --ip 10.88.0.7
            """) { _network, _blocks, _addresses, _ip, _json };
        states.AddTo(command);
        command.SetAction(Show);
        return command;
    }

    private int Show(ParseResult parsed)
    {
        var opened = states.OpenNamedOrAll(parsed, parsed.GetValue(_network));
        try
        {
            var wanted = parsed.GetValue(_ip) is { } text ? Address(text) : (IpAddress?)null;
            var views = opened.Select(state => View(parsed, state, wanted)).ToList();
            if (parsed.GetValue(_json))
                output.WriteLine(Encoding.UTF8.GetString(Json(views)));
            else if (wanted is { } address)
                WriteAddress(address, views);
            else
                WriteTables(views);
            return wanted is null || views.Any(view => view.Holdings.Count > 0) ? 0 : 1;
        }
        finally
        {
            foreach (var state in opened)
                state.Dispose();
        }
    }

    private StateView View(ParseResult parsed, NamedState state, IpAddress? wanted) => new(
        state,
        wanted is null ? state.State.Stocks(parsed.GetValue(_blocks)) : [],
        wanted is { } one ? [.. state.State.Holdings().Where(holding => holding.Address == one)] : parsed.GetValue(_addresses) ? state.State.Holdings() : []);

    private static IpAddress Address(string text) => IpAddress.TryParse(text, out var address) ? address : throw new CniException($"--ip {text}: no IP address");

    private void WriteTables(List<StateView> views)
    {
        foreach (var (view, index) in views.Select((view, index) => (view, index)))
        {
            if (index > 0)
                output.WriteLine();
            output.WriteLine(view.State.Title);
            WriteStocks(view.Stocks);
            if (view.Holdings.Count > 0)
                output.WriteLine();
            WriteHoldings(view.Holdings);
        }
    }

    private void WriteStocks(IReadOnlyList<Stock> stocks)
    {
        var bar = new UsageBar(terminal);
        var table = new TextTable("NAME", "RANGE", "NODE", " USED", " OF", "NOTE", "");
        foreach (var stock in stocks)
        {
            var share = stock.Total == 0 ? "" : bar.Of(stock);
            table.Add(
                stock.Name, stock.IsPart ? $"  {stock.Range}" : stock.Range, stock.Node, UsageBar.Number(stock.Used), stock.Total == 0 ? "" : UsageBar.Number(stock.Total), stock.Note, share);
        }

        if (table.IsEmpty)
            output.WriteLine("no pools yet");
        else
            table.Write(output);
    }

    private void WriteHoldings(IReadOnlyList<Holding> holdings)
    {
        if (holdings.Count == 0)
            return;
        var table = new TextTable("ADDRESS", "OWNER", "");
        foreach (var holding in holdings)
            table.Add(holding.Address.ToString(), holding.Owner, string.Join("  ", holding.Details.Select(detail => $"{detail.Key}={detail.Value}")));
        table.Write(output);
    }

    private void WriteAddress(IpAddress address, List<StateView> views)
    {
        foreach (var view in views.Where(view => view.Holdings.Count > 0 || views.Count == 1))
        {
            if (view.Holdings.Count == 0)
                output.WriteLine($"{address} is not assigned ({view.State.Title})");
            foreach (var holding in view.Holdings)
            {
                output.WriteLine($"{address} is in use ({view.State.Title})");
                var details = holding.Details.Prepend(new("owner", holding.Owner)).ToList();
                var width = details.Max(detail => detail.Key.Length);
                foreach (var (name, value) in details)
                    output.WriteLine($"  {name.PadRight(width)}  {value}");
            }
        }

        if (views.Count > 1 && views.All(view => view.Holdings.Count == 0))
            output.WriteLine($"{address} is not assigned");
    }

    private static byte[] Json(List<StateView> views) => JsonText.Write(json =>
    {
        json.WriteStartArray();
        foreach (var view in views)
        {
            json.WriteStartObject();
            json.WriteUnlessEmpty("network", view.State.Network);
            json.WriteString("state", view.State.State.Description);
            json.WriteStartArray("stocks");
            foreach (var stock in view.Stocks)
                Write(json, stock);
            json.WriteEndArray();
            json.WriteStartArray("addresses");
            foreach (var holding in view.Holdings)
                Write(json, holding);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void Write(JsonWriter json, Stock stock)
    {
        json.WriteStartObject();
        json.WriteString("kind", stock.Kind);
        json.WriteUnlessEmpty("name", stock.Name);
        json.WriteString("range", stock.Range);
        json.WriteUnlessEmpty("node", stock.Node);
        json.WriteUnlessEmpty("note", stock.Note);
        json.WritePropertyName("used");
        json.WriteRawValue(stock.Used.ToString());
        json.WritePropertyName("total");
        json.WriteRawValue(stock.Total.ToString());
        json.WriteEndObject();
    }

    private static void Write(JsonWriter json, Holding holding)
    {
        json.WriteStartObject();
        json.WriteString("address", holding.Address.ToString());
        json.WriteString("owner", holding.Owner);
        json.WriteStartObject("details");
        foreach (var (name, value) in holding.Details)
            json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private sealed record StateView(NamedState State, IReadOnlyList<Stock> Stocks, IReadOnlyList<Holding> Holdings);
}
