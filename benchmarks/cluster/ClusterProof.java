import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A site of nodes, brokers and RTSP cameras as processes: what happens to it when nodes die, hang, stop, are cut off and are added, and when brokers
 * restart. benchmarks/cluster.sh makes the hosts and runs it.
 *
 * <pre>ClusterProof FOLDER SITE RESULTS DEADLINE NODES CAMERAS BROKERS REPEATS HANG_SECONDS [SCENARIO[=REPEATS]…]</pre>
 *
 * RESULTS is the file of {@link Results}. From DEADLINE on, in seconds since 1970, no run is started that would not end before; 0 is none.
 */
public final class ClusterProof {
    private static final long START_SECONDS = 90;
    private static final Pattern STARTED = Pattern.compile("Incident started: .* id=(\\S+)");

    private final Site site;
    private final Observations seen = new Observations();
    private final SiteView view;
    private final Scenarios scenarios;
    private final Results results;
    private final long deadlineMillis;
    /** How long a run of each scenario has taken. */
    private final Map<String, Long> longestMillis = new HashMap<>();

    private ClusterProof(Site site, Results results, int cameras, int hangSeconds, long deadlineMillis) {
        this.site = site;
        this.results = results;
        view = new SiteView(site, seen, cameras);
        scenarios = new Scenarios(site, view, seen, cameras, hangSeconds);
        this.deadlineMillis = deadlineMillis;
    }

    public static void main(String[] args) throws Exception {
        int cameras = Integer.parseInt(args[5]);
        int brokers = Integer.parseInt(args[6]);
        int repeats = Integer.parseInt(args[7]);
        Hosts hosts = new Hosts(args[1]);
        List<String> wanted = args.length > 9
                ? Arrays.asList(args).subList(9, args.length)
                : Scenarios.ALL.stream()
                        .filter(scenario -> brokers > 1 || !scenario.equals("leader"))
                        .toList();
        Site site = new Site(Path.of(args[0]), hosts, cameras, brokers);
        Results results = new Results(Path.of(args[2]));
        Runtime.getRuntime().addShutdownHook(new Thread(site::close));
        ClusterProof proof = new ClusterProof(
                site, results, cameras, Integer.parseInt(args[8]), 1_000 * Long.parseLong(args[3]));
        boolean isGood = false;
        try {
            try {
                proof.start(Integer.parseInt(args[4]));
            } finally {
                Files.createFile(ready(args[2]));
            }
            awaitOthers(Path.of(args[2]));
            while (proof.runAll(wanted, repeats) && proof.deadlineMillis > 0) {}
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
        site.brokers().launch();
        for (int i = 1; i <= nodes; i++) {
            site.node(i).start(1);
        }
        Process servers = site.startCameras();
        Thread reader = new Thread(() -> readSessions(servers), "sessions");
        reader.setDaemon(true);
        reader.start();
        site.brokers().await();
        seen.follow(site.brokers().bootstrapServers());
        view.await("all nodes have joined", () -> site.brokers().members() == nodes);
        site.command("cameras", "apply");
        view.awaitSteady();
    }

    /** Is there once a site has started, or will not. */
    private static Path ready(String results) {
        return Path.of(results + ".ready");
    }

    /** Sites that are started together ({@code proof.together}) wait for each other, so that none is measured while others start. */
    private static void awaitOthers(Path results) throws IOException, InterruptedException {
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

    /** Runs scenarios, each so often or as it says itself; whether there was time for any. */
    private boolean runAll(List<String> all, int repeats) throws Exception {
        boolean hasRun = false;
        for (String scenario : all) {
            String[] words = scenario.split("=", -1);
            if (Scenarios.needsNetworks(words[0]) && !site.hosts().areIsolated()) {
                System.err.println(words[0] + ": left out, since hosts on the loopback address cannot be cut off");
                continue;
            }
            int wanted = words.length > 1 ? Integer.parseInt(words[1]) : repeats;
            for (int run = 0; run < wanted && hasTime(words[0]); run++) {
                long startMillis = System.currentTimeMillis();
                Results.Run outcome = scenarios.run(words[0]);
                results.add(outcome);
                longestMillis.merge(words[0], System.currentTimeMillis() - startMillis, Math::max);
                System.err.printf("%tT %d: %s%n", System.currentTimeMillis(), run + 1, outcome);
                hasRun = true;
            }
        }
        return hasRun;
    }

    private boolean hasTime(String scenario) {
        long neededMillis = longestMillis.getOrDefault(scenario, scenarios.leastMillis(scenario));
        return deadlineMillis == 0 || System.currentTimeMillis() + neededMillis <= deadlineMillis;
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
