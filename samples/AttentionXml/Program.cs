using AttentionXml.Run;

using var interruption = new Interruption();
interruption.ListenToSignals(Console.Error.WriteLine);
return await new Application(Screen.Console).RunAsync(args, interruption);
