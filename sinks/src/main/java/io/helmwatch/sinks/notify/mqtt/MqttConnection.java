package io.helmwatch.sinks.notify.mqtt;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;

/**
 * A connection to a broker whose calls return once the broker has acknowledged them.
 *
 * <p>Threading: one thread; what is heard is told by the client's own threads.
 *
 * @param timeout longest wait for an acknowledgement
 */
record MqttConnection(Mqtt5AsyncClient client, Duration timeout) {

    void publish(String topic, String text, boolean retained)
            throws InterruptedException, ExecutionException, TimeoutException {
        publish(topic, text.getBytes(StandardCharsets.UTF_8), retained);
    }

    void publish(String topic, byte[] payload, boolean retained)
            throws InterruptedException, ExecutionException, TimeoutException {
        await(client.publish(Mqtt5Publish.builder()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .retain(retained)
                .payload(payload)
                .build()));
    }

    /** Deletes a retained message. */
    void withdraw(String topic) throws InterruptedException, ExecutionException, TimeoutException {
        publish(topic, new byte[0], true);
    }

    /**
     * Follows topics.
     *
     * @param heard topic and payload
     */
    void follow(String filter, BiConsumer<String, String> heard)
            throws InterruptedException, ExecutionException, TimeoutException {
        await(client.subscribeWith()
                .topicFilter(filter)
                .qos(MqttQos.AT_LEAST_ONCE)
                .callback(message -> heard.accept(
                        message.getTopic().toString(), new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8)))
                .send());
    }

    /** Waits for an acknowledgement. */
    void await(CompletableFuture<?> answer) throws InterruptedException, ExecutionException, TimeoutException {
        answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }
}
