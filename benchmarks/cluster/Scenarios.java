import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** What is done to a site, and what follows. Threading: one thread. */
final class Scenarios {
    static final List<String> ALL =
            List.of("kill", "hang", "stop", "cut", "blind", "broker", "leader", "rolling", "add", "weight");

    private static final Set<String> OF_NETWORKS = Set.of("cut", "blind");
    private static final Set<String> PASSING_FAULTS = Set.of("hang", "cut", "blind");
    private static final long BROKER_DOWN_SECONDS = 10;

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
    private final SiteView view;
    private final Observations seen;
    private final int cameras;
    private final int hangSeconds;

    /** Scenarios of a site; faults that pass last so many seconds. */
    Scenarios(Site site, SiteView view, Observations seen, int cameras, int hangSeconds) {
        this.site = site;
        this.view = view;
        this.seen = seen;
        this.cameras = cameras;
        this.hangSeconds = hangSeconds;
    }

    /** Whether hosts are cut off in it, which is possible only where each has a network namespace. */
    static boolean needsNetworks(String scenario) {
        return OF_NETWORKS.contains(scenario);
    }

    /** What a run takes at least. */
    long leastMillis(String scenario) {
        return 1_000L * (PASSING_FAULTS.contains(scenario) ? hangSeconds + 15 : 20);
    }

    /** Runs a scenario once; the site is what it was before afterwards. */
    Results.Run run(String scenario) throws Exception {
        Map<String, String> before = view.steady();
        int from = seen.count();
        int startsFrom = seen.countStarts();
        long startMillis = System.currentTimeMillis();
        Site.Node victim = view.fullest(before);
        Effect effect = effect(scenario, victim, before);
        Map<String, String> after = effect.owners() == null ? view.awaitSteady() : effect.owners();
        int moved = (int) before.keySet().stream()
                .filter(camera -> !before.get(camera).equals(after.get(camera)))
                .count();
        repair(scenario, victim);
        Observations.Counts counts = seen.counts(from, startsFrom, startMillis);
        return new Results.Run(
                scenario,
                site.brokers().count(),
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
        Set<String> own = SiteView.of(before, victim.name());
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
                int broker = site.brokers().coordinator();
                site.brokers().stop(broker);
                // Where others take over, everything goes on without it.
                Effect without = site.brokers().count() > 1 ? allAgain(before.keySet(), startMillis) : null;
                TimeUnit.SECONDS.sleep(BROKER_DOWN_SECONDS);
                site.brokers().start(broker);
                yield without == null ? allAgain(before.keySet(), System.currentTimeMillis()) : without;
            }
            case "leader" -> {
                site.brokers().moveLeader();
                yield allAgain(before.keySet(), startMillis);
            }
            case "rolling" -> rolling();
            case "add" -> {
                Site.Node added = site.node(site.nodes().size() + 1);
                added.start(1);
                view.await("the added node has cameras", () -> !SiteView.of(seen.owners(4_000), added.name()).isEmpty());
                yield new Effect(secondsSince(startMillis), Set.of());
            }
            case "weight" -> {
                victim.signal("TERM");
                takenOver(own, victim, startMillis);
                victim.await();
                long againMillis = System.currentTimeMillis();
                victim.start(3);
                int share = Site.PARTITIONS * 3 / (3 + view.live().size() - 1);
                view.await(
                        "a share of three",
                        () -> site.brokers().partitions(victim.name()) >= share
                                && !SiteView.of(seen.owners(4_000), victim.name()).isEmpty());
                yield new Effect(secondsSince(againMillis), SiteView.of(view.awaitSteady(), victim.name()));
            }
            default -> throw new IllegalArgumentException("no scenario " + scenario + ": expected " + ALL);
        };
    }

    /** Every node is stopped and started again, one after the other; the time is that of the slowest take-over. */
    private Effect rolling() throws Exception {
        Set<String> all = new TreeSet<>();
        double slowest = 0;
        for (Site.Node node : site.nodes()) {
            Set<String> own = SiteView.of(view.awaitSteady(), node.name());
            all.addAll(own);
            long stoppedMillis = System.currentTimeMillis();
            node.signal("TERM");
            slowest = Math.max(slowest, takenOver(own, node, stoppedMillis).seconds());
            node.await();
            node.start(1);
            view.await("the restarted node has cameras", () -> !SiteView.of(seen.owners(4_000), node.name()).isEmpty());
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
        view.await("all nodes are members", () -> site.brokers().members() == site.nodes().size());
        view.awaitSteady();
    }

    private Effect takenOver(Set<String> own, Site.Node victim, long sinceMillis) throws Exception {
        int from = seen.count();
        view.await(
                "all cameras of " + victim.name() + " analysed again",
                () -> seen.areAnalysed(own, victim.name(), sinceMillis, Math.max(0, from - 100)));
        return new Effect(secondsSince(sinceMillis), own);
    }

    private Effect allAgain(Set<String> all, long sinceMillis) throws Exception {
        int from = seen.count();
        view.await("all cameras delivered again", () -> seen.areAnalysed(all, "", sinceMillis, Math.max(0, from - 100)));
        return new Effect(secondsSince(sinceMillis), all);
    }

    private static double secondsSince(long millis) {
        return (System.currentTimeMillis() - millis) / 1_000.0;
    }
}
