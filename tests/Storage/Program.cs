using Fulgurite.Tests.Storage.Stores;

// The tests start this program again, as the process of a training: KIND ENDPOINT FOLDER EPOCHS [STEP to be stuck after]
await using var training = new StoreTraining(
    args[0], new Uri(args[1]), args[2], ["torch", "async"], int.Parse(args[3], null),
    stuckAfter: args.Length > 4 ? int.Parse(args[4], null) : null);
var result = training.Fit();
Console.WriteLine($"resumed {training.ResumedFrom ?? "nothing"}");
Console.WriteLine($"ended {result.GlobalStep} {training.Weights}");
return 0;
