using Fulgurite.Tests.Docs.Pages;
using k8s;
using k8s.Models;
using YamlDotNet.RepresentationModel;

namespace Fulgurite.Tests.Docs;

/// <summary>Reads the manifests for Kubernetes with the types of its client, which refuse unknown fields.</summary>
[TestClass]
public sealed class ManifestTests
{
    private static readonly string[] SecretKeys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

    private static string Job => File.ReadAllText(Tree.At("docs", "manifests", "job.yaml"));

    private static string MpiJob => File.ReadAllText(Tree.At("docs", "manifests", "mpijob.yaml"));

    [TestMethod]
    public void Job_OfOneProcess_IsValidAndSavesWithinTheTimeOfAPreemption()
    {
        var documents = Documents(Job);
        Assert.HasCount(2, documents);
        var priority = KubernetesYaml.Deserialize<V1PriorityClass>(documents[0], strict: true);
        var job = KubernetesYaml.Deserialize<V1Job>(documents[1], strict: true);
        Assert.AreEqual(("scheduling.k8s.io/v1", "PriorityClass"), (priority.ApiVersion, priority.Kind));
        Assert.AreEqual(("batch/v1", "Job"), (job.ApiVersion, job.Kind));

        var pod = job.Spec.Template.Spec;
        Assert.AreEqual(priority.Metadata.Name, pod.PriorityClassName);
        Assert.IsLessThan(0, priority.Value!.Value, "Other pods preempt it.");

        // The policy requires it.
        Assert.AreEqual("Never", pod.RestartPolicy);
        var ignored = job.Spec.PodFailurePolicy.Rules.Single(rule => rule.Action == "Ignore");
        Assert.AreEqual("DisruptionTarget", ignored.OnPodConditions.Single().Type);

        var container = pod.Containers.Single();
        Assert.AreEqual("dotnet", container.Command[0], "A shell would keep SIGTERM to itself.");
        CheckEnvironment(container);
        var drain = TimeSpan.Parse(
            container.Env.Single(variable => variable.Name == "Trainer__DrainTimeout").Value,
            System.Globalization.CultureInfo.InvariantCulture);
        Assert.IsLessThan(TimeSpan.FromSeconds(pod.TerminationGracePeriodSeconds!.Value), drain);
    }

    [TestMethod]
    public void MpiJob_Fields_AreThoseOfTheOperator()
    {
        var root = Parse(MpiJob);
        Assert.AreEqual(("kubeflow.org/v2beta1", "MPIJob"), (Text(root, "apiVersion"), Text(root, "kind")));
        CheckKeys(root, "apiVersion", "kind", "metadata", "spec");
        var spec = At(root, "spec");
        CheckKeys(
            spec, "slotsPerWorker", "runLauncherAsWorker", "runPolicy", "mpiReplicaSpecs", "sshAuthMountPath", "launcherCreationPolicy",
            "mpiImplementation");
        CheckKeys(
            At(spec, "runPolicy"), "cleanPodPolicy", "ttlSecondsAfterFinished", "activeDeadlineSeconds", "backoffLimit", "schedulingPolicy",
            "suspend", "managedBy");
        CheckKeys(At(spec, "mpiReplicaSpecs"), "Launcher", "Worker");
        CheckKeys(At(spec, "mpiReplicaSpecs", "Launcher"), "replicas", "restartPolicy", "template");
        CheckKeys(At(spec, "mpiReplicaSpecs", "Worker"), "replicas", "restartPolicy", "template");
    }

    [TestMethod]
    public void MpiJob_Pods_AreValidAndFitEachOther()
    {
        var replicas = At(Parse(MpiJob), "spec", "mpiReplicaSpecs");
        var launcher = Pod(At(replicas, "Launcher", "template")).Containers.Single();
        var worker = Pod(At(replicas, "Worker", "template"));
        var command = launcher.Command;
        Assert.AreEqual("mpirun", command[0]);
        var processes = int.Parse(command[command.IndexOf("-np") + 1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.AreEqual(
            Text(At(replicas, "Worker"), "replicas"), $"{processes}", "One process for each worker, as slotsPerWorker says.");
        Assert.AreEqual("1", Text(At(Parse(MpiJob), "spec"), "slotsPerWorker"));

        CheckEnvironment(launcher);
        var exported = command.Zip(command.Skip(1)).Where(pair => pair.First == "-x").Select(pair => pair.Second).ToList();
        CollectionAssert.AreEquivalent(launcher.Env.Select(variable => variable.Name).Concat(SecretKeys).ToList(), exported);

        Assert.AreEqual("train", worker.PriorityClassName);
        Assert.IsGreaterThan(30, worker.TerminationGracePeriodSeconds!.Value);
        var hook = worker.Containers.Single().Lifecycle.PreStop.Exec.Command;
        CollectionAssert.AreEqual(new[] { "sh", "-c" }, hook.Take(2).ToList());
        Assert.AreEqual(0, ShellScript.Check(hook[2]), hook[2]);
    }

    [TestMethod]
    public void Pod_UnknownField_IsRefused()
    {
        var wrong = MpiJob.Replace("terminationGracePeriodSeconds", "terminationGraceSeconds", StringComparison.Ordinal);
        Assert.Throws<Exception>(() => Pod(At(Parse(wrong), "spec", "mpiReplicaSpecs", "Worker", "template")));
    }

    private static void CheckEnvironment(V1Container container)
    {
        foreach (var variable in container.Env.Where(variable => variable.Name.StartsWith("Trainer__", StringComparison.Ordinal)))
        {
            Assert.IsNotNull(typeof(TrainerOptions).GetProperty(variable.Name["Trainer__".Length..]), variable.Name);
        }

        Assert.StartsWith("s3://", container.Env.Single(variable => variable.Name == "Trainer__DefaultRootDirectory").Value);
        var secret = Assert.ContainsSingle(container.EnvFrom).SecretRef.Name;
        var line = File.ReadLines(Tree.At("docs", "manifests", "job.yaml")).Single(
            line => line.Contains($"kubectl create secret generic {secret}", StringComparison.Ordinal));
        Assert.IsTrue(Array.TrueForAll(SecretKeys, key => line.Contains($"--from-literal={key}=", StringComparison.Ordinal)), line);
    }

    private static List<string> Documents(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents.Select(document => Save(document.RootNode)).ToList();
    }

    private static YamlMappingNode Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }

    private static V1PodSpec Pod(YamlMappingNode template) =>
        KubernetesYaml.Deserialize<V1PodTemplateSpec>(Save(template), strict: true).Spec;

    private static string Save(YamlNode node)
    {
        using var text = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(text, assignAnchors: false);
        return text.ToString();
    }

    private static YamlMappingNode At(YamlMappingNode node, params string[] path) =>
        path.Aggregate(node, (inner, key) => (YamlMappingNode)inner[new YamlScalarNode(key)]);

    private static string? Text(YamlMappingNode node, string key) => ((YamlScalarNode)node[new YamlScalarNode(key)]).Value;

    private static void CheckKeys(YamlMappingNode node, params string[] known) =>
        Assert.IsEmpty(node.Children.Keys.Select(key => ((YamlScalarNode)key).Value!).Except(known));
}
