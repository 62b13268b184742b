using Fulgurite.Cli;

return await Tool.RunAsync(args, Screen.OfProcess()).ConfigureAwait(false);

/// <summary>The program. Declared, because the generator of ASP.NET Core would make it public.</summary>
internal sealed partial class Program;
