import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A site of nodes, brokers and RTSP cameras as processes: what happens to it when nodes die, hang, stop, are cut off and are added, and when brokers
 * restart. benchmarks/cluster.sh makes the hosts and runs it.
 *
 * <pre>ClusterProof FOLDER SITE NODES CAMERAS BROKERS REPEATS HANG_SECONDS [SCENARIO[=REPEATS]…]</pre>
 */
public final class ClusterProof {
    private static final long LIMIT_SECONDS = 180;
    private static final long STEADY_SECONDS = 4;
    private static final long BROKER_DOWN_SECONDS = 10;
    private static final Pattern STARTED = Pattern.compile("Incident started: .* id=(\\S+)");
    private static final List<String> SCENARIOS =
            List.of("kill", "hang", "stop", "cut", "blind", "broker", "leader", "rolling", "add", "weight");

    private static final Set<String> NETWORK_SCENARIOS = Set.of("cut", "blind");

    /** What one run of a scenario gave. */
    private record Outcome(double seconds, int affected, int moved, Observations.Counts counts) {}

    /** Time until all were analysed again, and whose cameras that concerned. */
    private record Effect(double seconds, Set<String> affected) {}

    private final Site site;
    private final Observations seen = new Observations();
    private final int cameras;
    private final int hangSeconds;
    /** The node of every camera when nothing had changed for some seconds. */
    private Map<String, String> steady = Map.of();

    private ClusterProof(Site site, int cameras, int hangSeconds) {
        this.site = site;
        this.cameras = cameras;
        this.hangSeconds = hangSeconds;
    }

    public static void main(String[] args) throws Exception {
        int nodes = Integer.parseInt(args[2]);
        int cameras = Integer.parseInt(args[3]);
        int brokers = Integer.parseInt(args[4]);
        int repeats = Integer.parseInt(args[5]);
        Hosts hosts = new Hosts(args[1]);
        List<String> wanted = args.length > 7
                ? Arrays.asList(args).subList(7, args.length)
                : SCENARIOS.stream()
                        .filter(scenario -> brokers > 1 || !scenario.equals("leader"))
                        .filter(scenario -> hosts.areIsolated() || !NETWORK_SCENARIOS.contains(scenario))
                        .toList();
        Site site = new Site(Path.of(args[0]), hosts, cameras, brokers);
        ClusterProof proof = new ClusterProof(site, cameras, Integer.parseInt(args[6]));
        boolean isGood = false;
        try {
            proof.start(nodes);
            System.out.println(nodes + " nodes, " + cameras + " cameras, " + brokers + " brokers");
            System.out.println("| what happens | runs | all analysed again, s: median, p95, max | cameras affected | moved"
                    + " | late messages: marked, by epoch only | analysed by both, s | opened twice, s |");
            System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
            isGood = true;
            for (String scenario : wanted) {
                String[] words = scenario.split("=", -1);
                isGood &= proof.repeat(words[0], words.length > 1 ? Integer.parseInt(words[1]) : repeats);
            }
            isGood &= proof.reportIncidents();
        } finally {
            proof.seen.stop();
            site.close();
        }
        System.exit(isGood ? 0 : 1);
    }

    private void start(int nodes) throws Exception {
        Process servers = site.startCameras();
        Thread reader = new Thread(() -> readSessions(servers), "sessions");
        reader.setDaemon(true);
        reader.start();
        site.startBrokers();
        seen.follow(site.bootstrapServers());
        for (int i = 1; i <= nodes; i++) {
            site.node(i).start(1);
        }
        await("all nodes have joined", () -> site.members() == nodes);
        site.command("cameras", "apply");
        awaitSteady();
    }

    private void readSessions(Process servers) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(servers.getInputStream()))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                seen.sessions(Long.parseLong(words[0]), words[1], Integer.parseInt(words[2]));
            }
        } catch (IOException e) {
            System.err.println("cameras: " + e);
        }
    }

    private boolean repeat(String scenario, int repeats) throws Exception {
        List<Outcome> outcomes = new ArrayList<>();
        for (int run = 0; run < repeats; run++) {
            Outcome outcome = run(scenario);
            outcomes.add(outcome);
            System.err.printf(Locale.ROOT, "%tT %s %d: %s%n", System.currentTimeMillis(), scenario, run + 1, outcome);
        }
        return report(scenario, outcomes);
    }

    private static boolean report(String scenario, List<Outcome> outcomes) {
        double[] seconds = outcomes.stream().mapToDouble(Outcome::seconds).sorted().toArray();
        int last = seconds.length - 1;
        int p95 = (int) Math.ceil(0.95 * seconds.length) - 1;
        System.out.printf(
                Locale.ROOT,
                "| %s | %d | %.1f, %.1f, %.1f | %s | %s | %d, %d | %.1f | %.1f |%n",
                scenario,
                outcomes.size(),
                seconds[last / 2],
                seconds[Math.max(0, p95)],
                seconds[last],
                range(outcomes.stream().mapToInt(Outcome::affected).toArray()),
                range(outcomes.stream().mapToInt(Outcome::moved).toArray()),
                outcomes.stream().mapToInt(outcome -> outcome.counts().marked()).sum(),
                outcomes.stream().mapToInt(outcome -> outcome.counts().byEpochOnly()).sum(),
                outcomes.stream().mapToDouble(outcome -> outcome.counts().bothSeconds()).max().orElse(0),
                outcomes.stream().mapToDouble(outcome -> outcome.counts().openedTwiceSeconds()).max().orElse(0));
        int unmarked = outcomes.stream().mapToInt(outcome -> outcome.counts().unmarked()).sum();
        if (unmarked > 0) {
            System.out.println(scenario + ": " + unmarked + " messages of a replaced node look current");
        }
        return unmarked == 0;
    }

    private static String range(int[] values) {
        int least = Arrays.stream(values).min().orElse(0);
        int most = Arrays.stream(values).max().orElse(0);
        return least == most ? Integer.toString(least) : least + " to " + most;
    }

    // ---- scenarios

    private Outcome run(String scenario) throws Exception {
        Map<String, String> before = steady;
        int from = seen.count();
        int startsFrom = seen.countStarts();
        long startMillis = System.currentTimeMillis();
        Site.Node victim = fullest(before);
        Effect effect = effect(scenario, victim, before);
        Map<String, String> after = awaitSteady();
        int moved = (int) before.keySet().stream()
                .filter(camera -> !before.get(camera).equals(after.get(camera)))
                .count();
        if (repair(scenario, victim)) {
            awaitSteady();
        }
        TimeUnit.SECONDS.sleep(2);
        return new Outcome(
                effect.seconds(), effect.affected().size(), moved, seen.counts(from, startsFrom, startMillis));
    }

    private Effect effect(String scenario, Site.Node victim, Map<String, String> before) throws Exception {
        long startMillis = System.currentTimeMillis();
        Set<String> own = of(before, victim.name());
        return switch (scenario) {
            case "kill" -> {
                victim.signal("KILL");
                yield takenOver(own, victim, startMillis);
            }
            case "stop" -> {
                victim.signal("TERM");
                yield takenOver(own, victim, startMillis);
            }
            case "hang" -> {
                victim.signal("STOP");
                Effect effect = takenOver(own, victim, startMillis);
                sleepUntil(startMillis + 1_000L * hangSeconds);
                victim.signal("CONT");
                yield effect;
            }
            case "cut", "blind" -> {
                Hosts.Network network = scenario.equals("cut") ? Hosts.Network.KAFKA : Hosts.Network.VIDEO;
                site.hosts().cut(victim.name(), network, true);
                Effect effect = takenOver(own, victim, startMillis);
                sleepUntil(startMillis + 1_000L * hangSeconds);
                site.hosts().cut(victim.name(), network, false);
                yield effect;
            }
            case "broker" -> {
                int broker = site.coordinator();
                site.stopBroker(broker);
                // Where others take over, everything goes on without it.
                Effect without = site.brokers() > 1 ? allAgain(before.keySet(), startMillis) : null;
                TimeUnit.SECONDS.sleep(BROKER_DOWN_SECONDS);
                site.startBroker(broker);
                yield without == null ? allAgain(before.keySet(), System.currentTimeMillis()) : without;
            }
            case "leader" -> {
                site.moveLeader();
                yield allAgain(before.keySet(), startMillis);
            }
            case "rolling" -> rolling();
            case "add" -> {
                Site.Node added = site.node(site.nodes().size() + 1);
                added.start(1);
                await("the added node has cameras", () -> !of(seen.owners(4_000), added.name()).isEmpty());
                yield new Effect(secondsSince(startMillis), Set.of());
            }
            case "weight" -> {
                victim.signal("TERM");
                takenOver(own, victim, startMillis);
                victim.await();
                long againMillis = System.currentTimeMillis();
                victim.start(3);
                int others = live().size() - 1;
                int share = cameras * 3 / (3 + others) - 1;
                await("a share of three", () -> of(seen.owners(4_000), victim.name()).size() >= share);
                yield new Effect(secondsSince(againMillis), of(awaitSteady(), victim.name()));
            }
            default -> throw new IllegalArgumentException("no scenario " + scenario + ": expected " + SCENARIOS);
        };
    }

    /** Every node is stopped and started again, one after the other; the time is that of the slowest take-over. */
    private Effect rolling() throws Exception {
        Set<String> all = new TreeSet<>();
        double slowest = 0;
        for (Site.Node node : site.nodes()) {
            Set<String> own = of(awaitSteady(), node.name());
            all.addAll(own);
            long stoppedMillis = System.currentTimeMillis();
            node.signal("TERM");
            slowest = Math.max(slowest, takenOver(own, node, stoppedMillis).seconds());
            node.await();
            node.start(1);
            await("the restarted node has cameras", () -> !of(seen.owners(4_000), node.name()).isEmpty());
        }
        return new Effect(slowest, all);
    }

    /** Makes the site what it was before; returns whether there was anything to do. */
    private boolean repair(String scenario, Site.Node victim) throws Exception {
        switch (scenario) {
            case "kill", "stop" -> {
                victim.await();
                victim.start(1);
            }
            case "weight" -> {
                victim.signal("TERM");
                victim.await();
                victim.start(1);
            }
            case "blind" -> site.command("cameras", "rebalance", "--max", Integer.toString(cameras));
            case "add" -> {
                Site.Node added = site.removeLast();
                added.signal("TERM");
                added.await();
                return true;
            }
            default -> {
                return false;
            }
        }
        await("the node is a member again", () -> site.members() == site.nodes().size());
        awaitSteady();
        // With few cameras the partitions that it gets may be without any.
        if (of(steady, victim.name()).isEmpty()) {
            site.command("cameras", "rebalance", "--max", Integer.toString(cameras));
        }
        await("the node has cameras again", () -> !of(seen.owners(4_000), victim.name()).isEmpty());
        return true;
    }

    private Effect takenOver(Set<String> own, Site.Node victim, long sinceMillis) throws Exception {
        int from = seen.count();
        await(
                "all cameras of " + victim.name() + " analysed again",
                () -> seen.areAnalysed(own, victim.name(), sinceMillis, Math.max(0, from - 100)));
        return new Effect(secondsSince(sinceMillis), own);
    }

    private Effect allAgain(Set<String> all, long sinceMillis) throws Exception {
        int from = seen.count();
        await("all cameras delivered again", () -> seen.areAnalysed(all, "", sinceMillis, Math.max(0, from - 100)));
        return new Effect(secondsSince(sinceMillis), all);
    }

    private static double secondsSince(long millis) {
        return (System.currentTimeMillis() - millis) / 1_000.0;
    }

    // ---- the site as a consumer sees it

    /** Waits until every camera is analysed, by the same living node for some seconds; returns the node of each. */
    private Map<String, String> awaitSteady() throws Exception {
        long[] since = {System.nanoTime()};
        List<Map<String, String>> last = new ArrayList<>(List.of(Map.of()));
        await("every camera analysed by one node", () -> {
            Map<String, String> now = seen.owners(6_000);
            if (!now.equals(last.get(0)) || now.size() < cameras || !live().containsAll(now.values())) {
                last.set(0, now);
                since[0] = System.nanoTime();
            }
            return System.nanoTime() - since[0] > TimeUnit.SECONDS.toNanos(STEADY_SECONDS);
        });
        steady = last.get(0);
        return steady;
    }

    private static Set<String> of(Map<String, String> owners, String node) {
        return owners.entrySet().stream()
                .filter(entry -> entry.getValue().equals(node))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Site.Node fullest(Map<String, String> owners) {
        return site.nodes().stream()
                .filter(Site.Node::isAlive)
                .max(Comparator.comparingInt(node -> of(owners, node.name()).size()))
                .orElseThrow();
    }

    private Set<String> live() {
        return site.nodes().stream().filter(Site.Node::isAlive).map(Site.Node::name).collect(Collectors.toSet());
    }

    private void await(String what, BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - until > 0) {
                throw new IllegalStateException(
                        what + ": not within " + LIMIT_SECONDS + " s; now " + new TreeMap<>(seen.owners(6_000)));
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private static void sleepUntil(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(Math.max(0, millis - System.currentTimeMillis()));
    }

    /** Stops all nodes, then compares what they logged with what arrived. */
    private boolean reportIncidents() throws Exception {
        for (Site.Node node : site.nodes()) {
            node.signal("TERM");
        }
        for (Site.Node node : site.nodes()) {
            node.await();
        }
        TimeUnit.SECONDS.sleep(2);
        Set<String> lost = new TreeSet<>();
        for (Path log : site.nodeLogs()) {
            Matcher started = STARTED.matcher(Files.readString(log));
            while (started.find()) {
                lost.add(started.group(1));
            }
        }
        int logged = lost.size();
        Map<String, Set<String>> incidents = seen.incidents();
        lost.removeIf(id -> incidents.getOrDefault(id, Set.of()).contains("start"));
        Set<String> open = new HashSet<>();
        incidents.forEach((id, phases) -> {
            if (!phases.contains("end")) {
                open.add(id);
            }
        });
        long orphans = incidents.values().stream().filter(phases -> phases.contains("node-lost")).count();
        System.out.println();
        System.out.println(logged + " incidents started, " + lost.size() + " lost, " + open.size() + " not ended, "
                + orphans + " ended as node-lost");
        lost.forEach(id -> System.out.println("lost: " + id));
        open.forEach(id -> System.out.println("not ended: " + id));
        return lost.isEmpty() && open.isEmpty();
    }
}
