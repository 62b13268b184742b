using Fulgurite.Cli;

return await Tool.RunAsync(args, Screen.OfProcess()).ConfigureAwait(false);
