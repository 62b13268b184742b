using Fulgurite.Tests.Storage.Stores;

// The tests start this program again, as the process of a training: KIND ENDPOINT FOLDER FORMAT EPOCHS [STEP to be stuck after]
await using var training = new StoreTraining(
    args[0], new Uri(args[1]), args[2], [args[3], "async"], int.Parse(args[4], null),
    stuckAfter: args.Length > 5 ? int.Parse(args[5], null) : null);
var result = training.Fit();
Console.WriteLine($"resumed {training.ResumedFrom ?? "nothing"}");
Console.WriteLine($"ended {result.GlobalStep} {training.Weights}");
return 0;
