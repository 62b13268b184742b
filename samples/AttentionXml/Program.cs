using AttentionXml.Run;

using var interruption = new Interruption(Console.Error.WriteLine);
return await new Application(Screen.Console).RunAsync(args, interruption);
