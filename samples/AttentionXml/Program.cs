using AttentionXml.Run;
using Fulgurite;

using var signals = TerminationSignals.Listen(_ => Console.Error.WriteLine("Stopping in good order; Ctrl-C to stop at once."));
return await new Application(Screen.Console).RunAsync(args, signals);
