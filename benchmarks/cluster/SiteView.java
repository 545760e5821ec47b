import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** Which node analyses which camera, as a consumer sees it, and waiting for it. Threading: one thread. */
final class SiteView {
    private static final long LIMIT_SECONDS = 180;
    private static final long STEADY_SECONDS = 4;

    private final Site site;
    private final Observations seen;
    private final int cameras;
    /** The node of every camera when nothing had changed for some seconds. */
    private Map<String, String> steady = Map.of();

    SiteView(Site site, Observations seen, int cameras) {
        this.site = site;
        this.seen = seen;
        this.cameras = cameras;
    }

    /** The node of every camera when {@link #awaitSteady} returned last. */
    Map<String, String> steady() {
        return steady;
    }

    /** Waits until every camera is analysed, by the same living node for some seconds; returns the node of each. */
    Map<String, String> awaitSteady() throws InterruptedException {
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

    /** The cameras of a node. */
    static Set<String> of(Map<String, String> owners, String node) {
        return owners.entrySet().stream()
                .filter(entry -> entry.getValue().equals(node))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The living node that has the most cameras. */
    Site.Node fullest(Map<String, String> owners) {
        return site.nodes().stream()
                .filter(Site.Node::isAlive)
                .max(Comparator.comparingInt(node -> of(owners, node.name()).size()))
                .orElseThrow();
    }

    /** Names of the nodes whose processes live. */
    Set<String> live() {
        return site.nodes().stream().filter(Site.Node::isAlive).map(Site.Node::name).collect(Collectors.toSet());
    }

    /** Waits for a condition, and fails with the sentence if it is not met within three minutes. */
    void await(String what, BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - until > 0) {
                throw new IllegalStateException(
                        what + ": not within " + LIMIT_SECONDS + " s; now " + new TreeMap<>(seen.owners(6_000)));
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }
}
