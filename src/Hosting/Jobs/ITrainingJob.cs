namespace Fulgurite.Jobs;

/// <summary>Marks a job among the services of a host.</summary>
internal interface ITrainingJob;
