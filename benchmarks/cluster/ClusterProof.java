import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
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
 * <pre>ClusterProof FOLDER SITE RESULTS DEADLINE NODES CAMERAS BROKERS REPEATS HANG_SECONDS [SCENARIO[=REPEATS]…]</pre>
 *
 * RESULTS is the file of {@link Results}. From DEADLINE on, in seconds since 1970, no run is started that would not end before; 0 is none.
 */
public final class ClusterProof {
    private static final long LIMIT_SECONDS = 180;
    private static final long STEADY_SECONDS = 4;
    private static final long START_SECONDS = 90;
    private static final long BROKER_DOWN_SECONDS = 10;
    private static final Pattern STARTED = Pattern.compile("Incident started: .* id=(\\S+)");
    static final List<String> SCENARIOS =
            List.of("kill", "hang", "stop", "cut", "blind", "broker", "leader", "rolling", "add", "weight");

    private static final Set<String> NETWORK_SCENARIOS = Set.of("cut", "blind");
    private static final Set<String> PASSING_FAULTS = Set.of("hang", "cut", "blind");

    /**
     * What a scenario did.
     *
     * @param seconds until all were analysed again
     * @param affected cameras that it concerned
     * @param owners nodes of all cameras before the fault was over, or null if the fault is not one that passes
     */
    private record Effect(double seconds, Set<String> affected, Map<String, String> owners) {
        Effect(double seconds, Set<String> affected) {
            this(seconds, affected, null);
        }
    }

    private final Site site;
    private final Observations seen = new Observations();
    private final Results results;
    private final int cameras;
    private final int hangSeconds;
    private final long deadlineMillis;
    /** The node of every camera when nothing had changed for some seconds. */
    private Map<String, String> steady = Map.of();

    private ClusterProof(Site site, Results results, int cameras, int hangSeconds, long deadlineMillis) {
        this.site = site;
        this.results = results;
        this.cameras = cameras;
        this.hangSeconds = hangSeconds;
        this.deadlineMillis = deadlineMillis;
    }

    public static void main(String[] args) throws Exception {
        int cameras = Integer.parseInt(args[5]);
        int brokers = Integer.parseInt(args[6]);
        int repeats = Integer.parseInt(args[7]);
        Hosts hosts = new Hosts(args[1]);
        List<String> wanted = args.length > 9
                ? Arrays.asList(args).subList(9, args.length)
                : SCENARIOS.stream()
                        .filter(scenario -> brokers > 1 || !scenario.equals("leader"))
                        .toList();
        Site site = new Site(Path.of(args[0]), hosts, cameras, brokers);
        Results results = new Results(Path.of(args[2]));
        Runtime.getRuntime().addShutdownHook(new Thread(site::close));
        ClusterProof proof = new ClusterProof(
                site, results, cameras, Integer.parseInt(args[8]), 1_000 * Long.parseLong(args[3]));
        boolean isGood = false;
        try {
            proof.start(Integer.parseInt(args[4]));
            awaitOthers(Path.of(args[2]));
            for (String scenario : wanted) {
                String[] words = scenario.split("=", -1);
                if (NETWORK_SCENARIOS.contains(words[0]) && !hosts.areIsolated()) {
                    System.err.println(words[0] + ": left out, since hosts on the loopback address cannot be cut off");
                } else {
                    proof.repeat(words[0], words.length > 1 ? Integer.parseInt(words[1]) : repeats);
                }
            }
            proof.compareIncidents();
            isGood = true;
        } catch (IllegalStateException e) {
            results.fail(e.getMessage());
            throw e;
        } finally {
            proof.seen.stop();
            site.close();
        }
        System.exit(isGood ? 0 : 1);
    }

    private void start(int nodes) throws Exception {
        site.launchBrokers();
        for (int i = 1; i <= nodes; i++) {
            site.node(i).start(1);
        }
        Process servers = site.startCameras();
        Thread reader = new Thread(() -> readSessions(servers), "sessions");
        reader.setDaemon(true);
        reader.start();
        site.awaitBrokers();
        seen.follow(site.bootstrapServers());
        await("all nodes have joined", () -> site.members() == nodes);
        site.command("cameras", "apply");
        awaitSteady();
    }

    /** Sites that are started together ({@code proof.together}) wait for each other, so that none is measured while others start. */
    private static void awaitOthers(Path results) throws IOException, InterruptedException {
        Files.createFile(Path.of(results + ".ready"));
        int together = Integer.getInteger("proof.together", 1);
        for (int second = 0; second < START_SECONDS; second++) {
            try (var files = Files.list(results.toAbsolutePath().getParent())) {
                if (files.filter(file -> file.toString().endsWith(".ready")).count() >= together) {
                    return;
                }
            }
            TimeUnit.SECONDS.sleep(1);
        }
        System.err.println("other sites have not started within " + START_SECONDS + " s");
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

    private void repeat(String scenario, int repeats) throws Exception {
        // What a run takes at least, before any has been seen.
        long longestMillis = 1_000L * (PASSING_FAULTS.contains(scenario) ? hangSeconds + 15 : 20);
        for (int run = 0; run < repeats; run++) {
            long startMillis = System.currentTimeMillis();
            if (deadlineMillis > 0 && startMillis + longestMillis > deadlineMillis) {
                return;
            }
            Results.Run outcome = run(scenario);
            results.add(outcome);
            longestMillis = Math.max(longestMillis, System.currentTimeMillis() - startMillis);
            System.err.printf("%tT %d: %s%n", System.currentTimeMillis(), run + 1, outcome);
        }
    }

    // ---- scenarios

    private Results.Run run(String scenario) throws Exception {
        Map<String, String> before = steady;
        int from = seen.count();
        int startsFrom = seen.countStarts();
        long startMillis = System.currentTimeMillis();
        Site.Node victim = fullest(before);
        Effect effect = effect(scenario, victim, before);
        Map<String, String> after = effect.owners() == null ? awaitSteady() : effect.owners();
        int moved = (int) before.keySet().stream()
                .filter(camera -> !before.get(camera).equals(after.get(camera)))
                .count();
        repair(scenario, victim);
        Observations.Counts counts = seen.counts(from, startsFrom, startMillis);
        return new Results.Run(
                scenario,
                site.brokers(),
                effect.seconds(),
                effect.affected().size(),
                moved,
                counts.marked(),
                counts.byEpochOnly(),
                counts.unmarked(),
                counts.bothSeconds(),
                counts.openedTwiceSeconds());
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
                Effect effect = whileItLasts(takenOver(own, victim, startMillis), startMillis);
                victim.signal("CONT");
                yield effect;
            }
            case "cut", "blind" -> {
                Hosts.Network network = scenario.equals("cut") ? Hosts.Network.KAFKA : Hosts.Network.VIDEO;
                site.hosts().cut(victim.name(), network, true);
                Effect effect = whileItLasts(takenOver(own, victim, startMillis), startMillis);
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
                int share = Site.PARTITIONS * 3 / (3 + live().size() - 1);
                await(
                        "a share of three",
                        () -> site.partitions(victim.name()) >= share
                                && !of(seen.owners(4_000), victim.name()).isEmpty());
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

    /** The cameras' nodes are noted while a fault lasts, which is until so many seconds after its start. */
    private Effect whileItLasts(Effect effect, long startMillis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(Math.max(0, startMillis + 1_000L * hangSeconds - System.currentTimeMillis()));
        return new Effect(effect.seconds(), effect.affected(), seen.owners(6_000));
    }

    /** Makes the site what it was before, with all of its nodes. */
    private void repair(String scenario, Site.Node victim) throws Exception {
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
            }
            default -> {}
        }
        await("all nodes are members", () -> site.members() == site.nodes().size());
        awaitSteady();
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
    private Map<String, String> awaitSteady() throws InterruptedException {
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

    /** Stops all nodes, then compares what they logged with what arrived. */
    private void compareIncidents() throws Exception {
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
        Collection<String> notEnded = new TreeSet<>();
        incidents.forEach((id, phases) -> {
            if (!phases.contains("end")) {
                notEnded.add(id);
            }
        });
        int orphans = (int) incidents.values().stream()
                .filter(phases -> phases.contains("node-lost"))
                .count();
        results.add(new Results.Incidents(logged, lost, notEnded, orphans));
    }
}
