import * as vscode from 'vscode';
import type { Reservation } from '../../../src/protocol/generated/contract.ts';
import { formatRange } from '../../../src/protocol/ranges.ts';
import { NotInstalled, type Worker } from './worker.ts';

/** A reservation as a line of the tree. */
export class ReservationItem extends vscode.TreeItem {
  readonly reservation: Reservation;

  constructor(reservation: Reservation, isOwn: boolean) {
    const { protocol, range, lifetime, enforcement, name, reason, owner } = reservation;
    super(formatRange(range));
    this.reservation = reservation;
    this.description = [name, protocol].filter(Boolean).join(' · ');
    this.iconPath = new vscode.ThemeIcon(lifetime === 'persistent' ? 'lock' : 'plug');
    this.contextValue = isOwn ? 'own' : 'other';
    const process = owner?.processId === undefined ? '' : ` (process ${owner.processId})`;
    const lines = [
      `${protocol} ${formatRange(range)}, ${lifetime}, ${enforcement}`,
      ...(reason ? [reason] : []),
      ...(owner ? [`${owner.user}${process}`] : []),
    ];
    this.tooltip = lines.join('\n');
  }
}

/** The reservations of the machine, as they are made and end. */
export class ReservationTree implements vscode.TreeDataProvider<ReservationItem> {
  readonly #worker: Worker;
  readonly onDidChangeTreeData: vscode.Event<void>;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.onDidChangeTreeData = worker.onChanged;
  }

  getTreeItem(item: ReservationItem): vscode.TreeItem {
    return item;
  }

  async getChildren(parent?: ReservationItem): Promise<ReservationItem[]> {
    if (parent) return [];
    try {
      return await this.#worker.use(async ({ client }) => {
        const { reservations } = await client.request('reservation/list', {});
        return reservations.map((item) => new ReservationItem(item, item.owner?.processId === client.processId));
      });
    } catch (error) {
      if (error instanceof NotInstalled) return [];
      throw error;
    }
  }
}
