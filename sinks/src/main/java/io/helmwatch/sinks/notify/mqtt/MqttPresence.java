package io.helmwatch.sinks.notify.mqtt;

import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.notify.AnnouncedStreams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What a broker keeps of this process: that it is there, and for Home Assistant a binary sensor for each rule of the streams that it has.
 *
 * <p>Nodes of a cluster say each for itself that they are there, and a sensor is available while any of the nodes is: a stream that moves
 * keeps its sensor, which the node that gets it announces again under the same id. A node learns of the others from the broker.
 *
 * <p>Threading: the sender's thread; what is heard by the client's own.
 */
final class MqttPresence {
    static final String ONLINE = "online";
    static final String OFFLINE = "offline";

    private static final String AVAILABILITY = "availability";

    private final NotifyConfig.Mqtt target;
    private final @Nullable String node;
    private final AnnouncedStreams streams;
    /** Topics of the nodes that are there. */
    private final Set<String> online = ConcurrentHashMap.newKeySet();
    /** The broker has said that this process is gone, for a connection that it had before. */
    private volatile boolean isDeclaredGone;

    // Owned by the sender's thread.
    private final Map<String, List<String>> announced = new HashMap<>();
    private final Set<String> removed = new LinkedHashSet<>();
    private Set<String> listed = Set.of();
    private boolean isFresh;

    /**
     * Nothing is announced yet.
     *
     * @param node name of this node; null outside of a cluster
     */
    MqttPresence(NotifyConfig.Mqtt target, @Nullable String node, AnnouncedStreams streams) {
        this.target = target;
        this.node = node;
        this.streams = streams;
    }

    /** Where this process says that it is there. */
    String topic() {
        return target.topic() + "/" + AVAILABILITY + (node == null ? "" : "/" + node);
    }

    /** A connection was made: everything is announced again. */
    void begin(MqttConnection connection) throws InterruptedException, ExecutionException, TimeoutException {
        online.clear();
        isFresh = true;
        isDeclaredGone = false;
        connection.publish(topic(), ONLINE, true);
        connection.follow(node == null ? topic() : target.topic() + "/" + AVAILABILITY + "/+", this::heard);
    }

    private void heard(String topic, String payload) {
        boolean isThere = payload.equals(ONLINE);
        if (topic.equals(topic())) {
            isDeclaredGone = !isThere;
        } else if (isThere) {
            online.add(topic);
        } else {
            online.remove(topic);
        }
    }

    /** Announces what is new, and withdraws what is no more. */
    void update(MqttConnection connection) throws InterruptedException, ExecutionException, TimeoutException {
        if (isDeclaredGone) {
            isDeclaredGone = false;
            connection.publish(topic(), ONLINE, true);
        }
        if (target.homeAssistant() == null) {
            return;
        }
        Set<String> nodes = new TreeSet<>(online);
        nodes.add(topic());
        boolean isAll = isFresh || !listed.containsAll(nodes);
        Map<String, List<String>> current = streams.current();
        removed.addAll(streams.takeRemoved());
        for (Map.Entry<String, List<String>> stream : current.entrySet()) {
            List<String> before = announced.getOrDefault(stream.getKey(), List.of());
            if (isAll || !stream.getValue().equals(before)) {
                announce(connection, stream.getKey(), stream.getValue(), nodes);
                List<String> old = new ArrayList<>(before);
                old.removeAll(stream.getValue());
                withdraw(connection, stream.getKey(), old);
                announced.put(stream.getKey(), stream.getValue());
            }
        }
        for (String stream : List.copyOf(removed)) {
            if (!current.containsKey(stream)) {
                withdraw(connection, stream, announced.getOrDefault(stream, List.of()));
                connection.withdraw(target.topic() + "/" + stream + "/connectivity");
            }
            removed.remove(stream);
        }
        // The others were handed over.
        announced.keySet().retainAll(current.keySet());
        listed = nodes;
        isFresh = false;
    }

    private void announce(MqttConnection connection, String stream, List<String> rules, Set<String> nodes)
            throws InterruptedException, ExecutionException, TimeoutException {
        for (String rule : rules) {
            HomeAssistantSensor sensor = new HomeAssistantSensor(target.topic(), stream, rule);
            connection.publish(configTopic(sensor), node == null ? sensor.json(topic()) : sensor.json(nodes), true);
        }
    }

    private void withdraw(MqttConnection connection, String stream, List<String> rules)
            throws InterruptedException, ExecutionException, TimeoutException {
        for (String rule : rules) {
            HomeAssistantSensor sensor = new HomeAssistantSensor(target.topic(), stream, rule);
            connection.withdraw(configTopic(sensor));
            connection.withdraw(sensor.stateTopic());
        }
    }

    private String configTopic(HomeAssistantSensor sensor) {
        return target.homeAssistant() + "/binary_sensor/" + sensor.id() + "/config";
    }
}
