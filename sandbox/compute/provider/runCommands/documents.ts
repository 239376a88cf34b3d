import { resourceNotFound } from '../../../arm/store.ts';
import type { ArmCall, ArmReply } from '../../../arm/types.ts';

/** Predefined scripts of Linux machines (run-command, "Available commands"). */
const DOCUMENTS = [
  {
    id: 'RunShellScript',
    osType: 'Linux',
    label: 'Run shell script',
    description: 'Custom multiline shell script should be defined in script property.',
    script: ['#!/bin/sh', 'echo "This is a sample script with parameters $1 $2"'],
    parameters: [
      { name: 'arg1', type: 'string', defaultValue: 'value1', required: false },
      { name: 'arg2', type: 'string', defaultValue: 'value2', required: false },
    ],
  },
  {
    id: 'ifconfig',
    osType: 'Linux',
    label: 'Get IP information',
    description: 'Get the configuration of all network interfaces.',
    script: ['#!/bin/sh', 'ifconfig'],
  },
];
const SCHEMA = 'http://schema.management.azure.com/schemas/2016-11-17/runcommands.json';

/** GET …/locations/{l}/runCommands[/{id}] */
export function runCommandDocuments(call: ArmCall): ArmReply {
  const [, id] = call.path.names;
  if (id === undefined) {
    const value = DOCUMENTS.map(({ script: _script, ...document }) => ({
      $schema: SCHEMA,
      id: document.id,
      osType: document.osType,
      label: document.label,
      description: document.description,
    }));
    return { status: 200, body: { value } };
  }
  const found = DOCUMENTS.find((document) => document.id.toLowerCase() === id.toLowerCase());
  if (!found) throw resourceNotFound(call.path.id);
  return { status: 200, body: { $schema: SCHEMA, ...found } };
}
