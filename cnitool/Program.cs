using System.Text;
using CniPlugins.Cni;
using CniPlugins.Cnitool;

using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false));
using var error = new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false));
return new CommandLine(CniEnvironment.Current.Variables, output, error).Run(args);
