using Fulgurite.Tests.Storage.Stores;

// The tests start this program again, as the process of a training: KIND ENDPOINT FOLDER EPOCHS
var (kind, endpoint, folder, epochs) = (args[0], new Uri(args[1]), args[2], int.Parse(args[3], null));
await using var training = new StoreTraining(
    kind, endpoint, folder, ["torch", "async"], epochs, onDurable: path => Console.WriteLine($"durable {path}"));
var result = training.Fit();
Console.WriteLine($"resumed {training.ResumedFrom ?? "nothing"}");
Console.WriteLine($"ended {result.GlobalStep} {training.Weights}");
return 0;
