using Fulgurite.Cli;
using Fulgurite.Cli.Screens;

return await Tool.RunAsync(args, Screen.OfProcess()).ConfigureAwait(false);
